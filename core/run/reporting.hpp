// All reporters of a run. A reporter that fails is out of the run and changes no verdict; if it was
// required, the run's exit code says so.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/pipeline.hpp"
#include "receipt/receipt.hpp"
#include "worker/reporter_client.hpp"
#include "worker/search.hpp"
#include "worker/worker.hpp"

namespace bitgate {

class Reporting {
 public:
  /// Opens the pipeline's reporters.
  Reporting(const Pipeline& pipeline, const worker::Catalog& catalog,
            const worker::WorkerOptions& options);

  void begin(const std::string& plan);
  void event(const std::string& event);
  void finish(const std::string& receipt);

  /// The reporters that were opened.
  [[nodiscard]] const std::vector<PluginInfo>& plugins() const { return plugins_; }
  /// Whether a required reporter could not do its work.
  [[nodiscard]] bool required_failed() const { return required_failed_; }

 private:
  struct Active {
    ReporterSpec spec;
    worker::Secrets secrets;
    std::unique_ptr<worker::ReporterClient> client;
  };

  template <class Call>
  void tell(const Call& call);
  void failed(const ReporterSpec& spec, const worker::Secrets& secrets, const std::string& why);

  std::vector<Active> active_;
  std::vector<PluginInfo> plugins_;
  bool required_failed_ = false;
};

}  // namespace bitgate

// A reporter in a worker, as the host uses it. Calls are not ended by an interrupt, since a
// reporter is to be told of the interrupted run too; they throw as Worker::call does otherwise.
#pragma once

#include <memory>
#include <string>

#include "worker/worker.hpp"

namespace bitgate::worker {

class ReporterClient {
 public:
  ReporterClient(const PluginFile& plugin, const nlohmann::json& options,
                 const WorkerOptions& worker_options, const Secrets& secrets = {});

  [[nodiscard]] const std::string& build() const { return build_; }
  void begin(const std::string& plan) { tell("begin", plan); }
  void event(const std::string& event) { tell("event", event); }
  void finish(const std::string& receipt) { tell("finish", receipt); }

 private:
  void tell(const char* what, const std::string& document);

  std::string build_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace bitgate::worker

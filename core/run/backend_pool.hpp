// The live backends of a run: one worker for each backend of the pipeline, started when it is first
// needed, kept over cases, started anew after a fault.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/pipeline.hpp"
#include "receipt/receipt.hpp"
#include "run/plugin_rules.hpp"
#include "worker/backend_client.hpp"
#include "worker/search.hpp"
#include "worker/worker.hpp"

namespace bitgate {

/// What the receipt says of a plugin that was opened.
PluginInfo plugin_info(const worker::PluginFile& file, const std::string& build);

class BackendPool {
 public:
  BackendPool(const Pipeline& pipeline, const worker::Catalog& catalog,
              worker::WorkerOptions options);

  struct Live {
    worker::BackendClient client;
    std::vector<worker::DeviceInfo> devices;
  };

  /// The worker of this backend, started if there is none. Throws worker::NotFound, or as
  /// Worker::call does.
  Live& get(const BackendSpec& backend);

  /// Another worker of this backend, for whoever asks. Throws as get does.
  std::unique_ptr<Live> start(const BackendSpec& backend);

  /// Ends the worker of this backend; the next get starts another.
  void drop(const BackendSpec& backend);
  /// The same, without letting the plugin close what it has open.
  void abandon(const BackendSpec& backend);

  /// Every plugin that was opened, once.
  [[nodiscard]] const std::vector<PluginInfo>& plugins() const { return plugins_; }

 private:
  const Pipeline& pipeline_;
  const worker::Catalog& catalog_;
  worker::WorkerOptions options_;
  std::map<std::string, std::unique_ptr<Live>> live_;
  std::vector<PluginInfo> plugins_;
};

}  // namespace bitgate

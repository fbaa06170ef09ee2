// What a plugin says about itself.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "worker/search.hpp"
#include "worker/worker.hpp"

namespace bitgate::worker {

struct Description {
  std::string title;
  nlohmann::json options;  ///< JSON Schema of the plugin's options
  bool trends = false;     ///< of a reporter: whether it shows trends too, and not just receipts
};

/// Asks the plugin in a worker, without opening it. Throws as Worker::call, and PluginError if the
/// answer is no object with a text `title` and an object `options`.
Description describe(const PluginFile& plugin, const WorkerOptions& worker_options);

}  // namespace bitgate::worker

#include "worker/describe.hpp"

#include <bitgate/abi.h>

namespace bitgate::worker {

using nlohmann::json;

Description describe(const PluginFile& plugin, const WorkerOptions& worker_options) {
  const json reply = start_worker(worker_options)
                         ->call({{"do", "describe"},
                                 {"path", plugin.path.string()},
                                 {"sha256", plugin.sha256},
                                 {"id", plugin.identity.id}});
  const json said = json::parse(reply.at("text").get<std::string>(), nullptr, false);
  const bool sound = said.is_object() && said.contains("title") && said["title"].is_string() &&
                     said.contains("options") && said["options"].is_object();
  if (!sound) {
    throw PluginError(BG_INTERNAL, "describe",
                      "plugin '" + plugin.identity.id +
                          "' does not describe itself as {\"title\": text, \"options\": schema}");
  }
  const bool trends = said.contains("trends") && said["trends"] == true;
  return {said["title"].get<std::string>(), said["options"], trends};
}

}  // namespace bitgate::worker

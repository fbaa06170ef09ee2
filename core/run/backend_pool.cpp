#include "run/backend_pool.hpp"

#include <algorithm>
#include <utility>

namespace bitgate {

PluginInfo plugin_info(const worker::PluginFile& file, const std::string& build) {
  return {file.identity.id,
          file.identity.kind,
          file.identity.version,
          file.path.string(),
          file.sha256,
          file.identity.abi(),
          build,
          file.trusted_by.string()};
}

BackendPool::BackendPool(const Pipeline& pipeline, const worker::Catalog& catalog,
                         worker::WorkerOptions options)
    : pipeline_(pipeline), catalog_(catalog), options_(std::move(options)) {}

BackendPool::Live& BackendPool::get(const BackendSpec& backend) {
  std::unique_ptr<Live>& slot = live_[backend.name];
  if (slot == nullptr) slot = start(backend);
  return *slot;
}

std::unique_ptr<BackendPool::Live> BackendPool::start(const BackendSpec& backend) {
  const worker::PluginFile file = resolve_plugin(backend.plugin, "backend", pipeline_, catalog_);
  worker::BackendClient client(file, backend.options, options_);
  const PluginInfo info = plugin_info(file, client.build());
  if (std::none_of(plugins_.begin(), plugins_.end(),
                   [&](const PluginInfo& known) { return known.path == info.path; })) {
    plugins_.push_back(info);
  }
  std::vector<worker::DeviceInfo> devices = client.devices();
  return std::make_unique<Live>(Live{std::move(client), std::move(devices)});
}

void BackendPool::drop(const BackendSpec& backend) { live_.erase(backend.name); }

void BackendPool::abandon(const BackendSpec& backend) {
  const auto found = live_.find(backend.name);
  if (found == live_.end() || found->second == nullptr) return;
  found->second->client.abandon();
  live_.erase(found);
}

}  // namespace bitgate

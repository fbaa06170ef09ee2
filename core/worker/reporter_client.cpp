#include "worker/reporter_client.hpp"

#include <cstring>

#include "worker/shared_memory.hpp"

namespace bitgate::worker {

ReporterClient::ReporterClient(const PluginFile& plugin, const nlohmann::json& options,
                               const WorkerOptions& worker_options, const Secrets& secrets)
    : worker_(start_worker(plugin, options, worker_options, build_, secrets)) {}

void ReporterClient::tell(const char* what, const std::string& document) {
  // Documents may be larger than a frame, so they travel in shared memory.
  const SharedMemory memory(document.size(), "bitgate-document");
  std::memcpy(memory.bytes().data(), document.data(), document.size());
  worker_->call({{"do", what}, {"size", document.size()}}, memory.fd(), false);
}

}  // namespace bitgate::worker

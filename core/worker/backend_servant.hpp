// The worker's side of a backend: carries out the host's requests on the plugin's tables.
#pragma once

#include <bitgate/abi.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "worker/breadcrumb.hpp"
#include "worker/plugin_tables.hpp"
#include "worker/shared_memory.hpp"

namespace bitgate::worker {

/// One open session at a time. Requests and replies: see backend_client.hpp, the only caller.
class BackendServant {
 public:
  BackendServant(const OpenPlugin& plugin, Breadcrumb& breadcrumb);
  BackendServant(const BackendServant&) = delete;  // owns handles of the plugin's
  BackendServant& operator=(const BackendServant&) = delete;
  ~BackendServant();

  nlohmann::json handle(const std::string& what, const nlohmann::json& request, Fd fd);

 private:
  struct Tensor {
    bg_tensor* handle;
    std::string format;
    bg_tensor_desc desc;
  };
  class Ops;

  nlohmann::json devices();
  nlohmann::json open_session(const nlohmann::json& request);
  /// Opens a second session and closes it again while the first one stays.
  nlohmann::json session_beside(const nlohmann::json& request);
  void close_session();
  nlohmann::json start_timer();
  nlohmann::json supports(const nlohmann::json& request);
  nlohmann::json create(const nlohmann::json& request);
  nlohmann::json transfer(const std::string& what, const nlohmann::json& request);
  nlohmann::json prepare(const nlohmann::json& request);
  nlohmann::json kernels(const nlohmann::json& request);
  nlohmann::json sample(const nlohmann::json& request);
  nlohmann::json step(const nlohmann::json& request);
  nlohmann::json footprint(const nlohmann::json& request);
  static nlohmann::json peak_memory(const nlohmann::json& request);
  nlohmann::json device_times();
  bg_session* session() const;

  const OpenPlugin& plugin_;
  const bg_backend& backend_;
  Breadcrumb& breadcrumb_;
  bg_session* session_ = nullptr;
  const bg_device_timer* timer_ = nullptr;  ///< once it was started in this session
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, SharedMemory> regions_;
  std::map<std::uint64_t, Tensor> tensors_;
  std::map<std::uint64_t, bg_program*> programs_;
};

}  // namespace bitgate::worker

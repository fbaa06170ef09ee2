// The worker's side of the conversation: opens one plugin and carries out requests on it.
#pragma once

#include <memory>

#include <nlohmann/json.hpp>

#include "worker/backend_servant.hpp"
#include "worker/breadcrumb.hpp"
#include "worker/plugin_tables.hpp"
#include "worker/shared_memory.hpp"

namespace bitgate::worker {

class Servant {
 public:
  Servant(Breadcrumb& breadcrumb, Upcalls& upcalls) : breadcrumb_(breadcrumb), upcalls_(upcalls) {}

  /// Answers any request with a frame: its result, or {"error": {status, message, step}}.
  nlohmann::json answer(const nlohmann::json& request, Fd fd);

 private:
  nlohmann::json carry_out(const nlohmann::json& request, Fd fd);
  nlohmann::json open(const nlohmann::json& request);
  nlohmann::json describe(const nlohmann::json& request);
  nlohmann::json report(const std::string& what, const nlohmann::json& request, Fd fd);

  Breadcrumb& breadcrumb_;
  Upcalls& upcalls_;
  std::unique_ptr<OpenPlugin> plugin_;
  std::unique_ptr<BackendServant> backend_;
  const bg_reporter* reporter_ = nullptr;
};

}  // namespace bitgate::worker

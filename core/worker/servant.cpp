#include "worker/servant.hpp"

#include <new>
#include <string_view>
#include <utility>

#include "worker/floating_point.hpp"
#include "worker/loader.hpp"
#include "worker/query.hpp"

namespace bitgate::worker {

using nlohmann::json;

json Servant::answer(const json& request, Fd fd) {
  const FloatingPointGuard guard;
  const auto failed = [&](bg_status status, const char* message) -> json {
    return {{"error", {{"status", status}, {"message", message}, {"step", breadcrumb_.name()}}}};
  };
  json reply;
  try {
    reply = carry_out(request, std::move(fd));
  } catch (const StatusError& error) {
    reply = failed(error.status(), error.what());
  } catch (const std::bad_alloc&) {
    reply = failed(BG_OUT_OF_MEMORY, "the worker ran out of memory");
  } catch (const std::exception& error) {
    reply = failed(BG_INTERNAL, error.what());
  }
  breadcrumb_.enter(Step::kIdle);
  return reply;
}

json Servant::carry_out(const json& request, Fd fd) {
  const auto what = request.at("do").get<std::string>();
  if (what == "open") return open(request);
  if (what == "describe") return describe(request);
  if (what == "inspect") return inspection_.facts();
  if (what == "query") {
    breadcrumb_.enter(Step::kLoad);
    return query_facts(request.at("path").get<std::string>(),
                       request.at("sha256").get<std::string>());
  }
  if (what == "cancel") {
    breadcrumb_.cancelled = request.at("cancelled").get<bool>() ? 1 : 0;
    return json::object();
  }
  if (what == "interface" && plugin_ != nullptr) {
    return {{"present", plugin_->has_interface(request.at("id").get<std::string>())}};
  }
  if (what == "close") {
    reporter_ = nullptr;
    backend_.reset();
    plugin_.reset();
    return json::object();
  }
  if (reporter_ != nullptr) return report(what, request, std::move(fd));
  if (backend_ != nullptr) return backend_->handle(what, request, std::move(fd));
  throw StatusError(BG_INVALID_ARGUMENT, "no plugin is open");
}

namespace {

const bg_plugin& load(const json& request, Breadcrumb& breadcrumb) {
  breadcrumb.enter(Step::kLoad);
  return load_plugin(request.at("path").get<std::string>(), request.at("sha256").get<std::string>(),
                     request.at("id").get<std::string>());
}

}  // namespace

json Servant::describe(const json& request) {
  const bg_plugin& plugin = load(request, breadcrumb_);
  breadcrumb_.enter(Step::kDescribe);
  return {{"text", description_of(plugin)}};
}

json Servant::open(const json& request) {
  const bg_plugin& plugin = load(request, breadcrumb_);
  const std::string options = request.at("options").dump();
  const HostSize host_size = host_size_of(request.value("host", "own"));
  plugin_ = std::make_unique<OpenPlugin>(plugin, options, breadcrumb_, upcalls_, host_size,
                                         request.value("secrets", Secrets{}));
  if (plugin.kind == BG_KIND_BACKEND) {
    backend_ = std::make_unique<BackendServant>(*plugin_, breadcrumb_);
  } else {
    reporter_ = &plugin_->table<bg_reporter>(BG_REPORTER_V1);
  }
  return {{"build", to_string(plugin.build)}};
}

json Servant::report(const std::string& what, const json& request, Fd fd) {
  const SharedMemory document(std::move(fd), request.at("size").get<std::uint64_t>());
  const bg_str text{reinterpret_cast<const char*>(document.bytes().data()),
                    document.bytes().size()};
  ErrorSlot error;
  if (what == "begin") {
    breadcrumb_.enter(Step::kBegin);
    error.check(reporter_->begin(plugin_->instance(), text, error.get()));
  } else if (what == "event") {
    breadcrumb_.enter(Step::kEvent);
    error.check(reporter_->event(plugin_->instance(), text, error.get()));
  } else if (what == "finish") {
    breadcrumb_.enter(Step::kFinish);
    error.check(reporter_->finish(plugin_->instance(), text, error.get()));
  } else {
    throw StatusError(BG_INVALID_ARGUMENT, "unknown request '" + what + "'");
  }
  return json::object();
}

}  // namespace bitgate::worker

#include "worker/worker.hpp"

#include <unistd.h>

#include <exception>
#include <utility>

#include <fmt/format.h>

#include "worker/plugin_tables.hpp"
#include "worker/process.hpp"
#include "worker/servant.hpp"

namespace bitgate::worker {
namespace {

using nlohmann::json;

/// The plugin in this very process: same servant, no frames, no safety.
class InProcessWorker : public Worker, private Upcalls {
 public:
  explicit InProcessWorker(const WorkerOptions& options)
      : options_(options), servant_(breadcrumb_, *this) {}

  [[nodiscard]] pid_t process() const override { return ::getpid(); }

 private:
  json exchange(const json& request, int fd, bool /*interruptible*/) override {
    json answer = servant_.answer(request, fd < 0 ? Fd() : Fd(::dup(fd)));
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    return answer;
  }
  void log(int level, std::string_view text) override { options_.on_log(level, text); }
  void write(int stream, std::string_view text) override {
    // The plugin's frames lie between here and whoever can catch.
    try {
      options_.on_write(stream, text);
    } catch (...) {
      thrown_ = std::current_exception();
    }
  }

  WorkerOptions options_;
  std::exception_ptr thrown_;
  Breadcrumb breadcrumb_;
  Servant servant_;
};

/// The plugin in a process of its own.
class ProcessWorker : public Worker {
 public:
  explicit ProcessWorker(const WorkerOptions& options)
      : on_log_(options.on_log), process_(options) {}
  ProcessWorker(const ProcessWorker&) = delete;  // owns the process
  ProcessWorker& operator=(const ProcessWorker&) = delete;
  ~ProcessWorker() override {
    if (!process_.running()) return;
    try {
      // A clean end lets the plugin release its device; one that can't end is killed.
      process_.exchange({{"do", "close"}}, -1, false);
    } catch (const std::exception& error) {
      on_log_(2, fmt::format("at its end: {}", error.what()));
    }
  }

  void abandon() override { process_.kill(); }
  [[nodiscard]] pid_t process() const override { return process_.id(); }

 private:
  json exchange(const json& request, int fd, bool interruptible) override {
    return process_.exchange(request, fd, interruptible);
  }

  std::function<void(int level, std::string_view text)> on_log_;
  Process process_;
};

}  // namespace

PluginError::PluginError(int status, const std::string& step, std::string message)
    : std::runtime_error(fmt::format("{} in {}: {}", status_word(status), step, message)),
      status_(status),
      step_(step),
      message_(std::move(message)) {}

json Worker::call(const json& request, int fd, bool interruptible) {
  json reply = exchange(request, fd, interruptible);
  if (const auto error = reply.find("error"); error != reply.end()) {
    throw PluginError(error->at("status").get<int>(), error->at("step").get<std::string>(),
                      error->at("message").get<std::string>());
  }
  return reply;
}

std::unique_ptr<Worker> start_worker(const WorkerOptions& worker_options) {
  if (worker_options.isolate) return std::make_unique<ProcessWorker>(worker_options);
  return std::make_unique<InProcessWorker>(worker_options);
}

json open_request(const PluginFile& plugin, const json& options, const Secrets& secrets) {
  json request = {{"do", "open"},
                  {"path", plugin.path.string()},
                  {"sha256", plugin.sha256},
                  {"id", plugin.identity.id},
                  {"options", options}};
  if (!secrets.empty()) request["secrets"] = secrets;
  return request;
}

std::unique_ptr<Worker> start_worker(const PluginFile& plugin, const json& options,
                                     const WorkerOptions& worker_options, std::string& build,
                                     const Secrets& secrets) {
  std::unique_ptr<Worker> worker = start_worker(worker_options);
  const json opened = worker->call(open_request(plugin, options, secrets));
  build = opened.at("build").get<std::string>();
  return worker;
}

}  // namespace bitgate::worker

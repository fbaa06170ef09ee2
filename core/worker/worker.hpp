// The host's side of a worker: one plugin, asked by frames, under a deadline.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "worker/search.hpp"
#include "worker/secrets.hpp"

namespace bitgate::worker {

/// The worker died, hung or broke the protocol; it is gone. what() is a sentence that names the
/// step, e.g. "SIGSEGV in run", "no end of step synchronize within 60 s: the worker was stopped",
/// "exited with status 0 in run".
class Fault : public std::runtime_error {
 public:
  Fault(const std::string& what, std::string stderr_tail)
      : std::runtime_error(what), stderr_tail_(std::move(stderr_tail)) {}
  /// The last lines that the plugin wrote to stdout or stderr.
  [[nodiscard]] const std::string& stderr_tail() const { return stderr_tail_; }

 private:
  std::string stderr_tail_;
};

/// The plugin answered with a status other than BG_OK; the worker lives on.
class PluginError : public std::runtime_error {
 public:
  PluginError(int status, const std::string& step, std::string message);
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const std::string& step() const { return step_; }
  [[nodiscard]] const std::string& message() const { return message_; }

 private:
  int status_;
  std::string step_;
  std::string message_;
};

struct WorkerOptions {
  /// False: the plugin runs in this process, for debuggers; no deadline, no limits.
  bool isolate = true;
  std::filesystem::path executable =
      "/proc/self/exe";  ///< must call worker_main for kWorkerArgument
  std::chrono::nanoseconds step_limit = std::chrono::seconds(60);
  std::uint64_t memory = 0;     ///< bytes it may allocate; 0: three quarters of the machine's
  bool leave_directory = true;  ///< work in "/" and not where the host was started
  /// What plugins log (levels as in abi.h), and what they write to the run's streams. What on_write
  /// throws ends the call that was under way, as an answer that never came.
  std::function<void(int level, std::string_view text)> on_log = [](int, std::string_view) {};
  std::function<void(int stream, std::string_view text)> on_write = [](int, std::string_view) {};
};

/// A conversation with one plugin.
class Worker {
 public:
  virtual ~Worker() = default;

  /// Sends a request with an optional descriptor and waits for its answer. Throws PluginError,
  /// Fault, or Interrupted if `interruptible` and the user asked the run to end.
  nlohmann::json call(const nlohmann::json& request, int fd = -1, bool interruptible = true);

  /// Ends a worker without asking it, because what it says can't be relied on any more.
  virtual void abandon() {}

  /// The process that the plugin lives in.
  [[nodiscard]] virtual pid_t process() const = 0;

 protected:
  virtual nlohmann::json exchange(const nlohmann::json& request, int fd, bool interruptible) = 0;
};

/// Starts a worker without a plugin. Throws std::system_error.
std::unique_ptr<Worker> start_worker(const WorkerOptions& worker_options);

/// The request that opens a plugin, and the only one that carries secrets.
nlohmann::json open_request(const PluginFile& plugin, const nlohmann::json& options,
                            const Secrets& secrets = {});

/// Starts a worker and opens the plugin in it. Throws as Worker::call. `build` receives the
/// plugin's own words on how it was built.
std::unique_ptr<Worker> start_worker(const PluginFile& plugin, const nlohmann::json& options,
                                     const WorkerOptions& worker_options, std::string& build,
                                     const Secrets& secrets = {});

}  // namespace bitgate::worker

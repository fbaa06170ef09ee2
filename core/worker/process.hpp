// A worker process: started, talked to, watched, and put down with everything that it started.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "worker/breadcrumb.hpp"
#include "worker/frame.hpp"
#include "worker/shared_memory.hpp"
#include "worker/worker.hpp"

namespace bitgate::worker {

class Process {
 public:
  /// Spawns the executable as a worker in a process group of its own, with an allow-listed
  /// environment, stdin from /dev/null, stdout and stderr captured. Throws std::system_error, or
  /// Fault if it died at once.
  explicit Process(const WorkerOptions& options);
  Process(const Process&) = delete;  // owns the process
  Process& operator=(const Process&) = delete;
  ~Process() { kill(); }

  [[nodiscard]] bool running() const { return pid_ > 0; }
  [[nodiscard]] pid_t id() const { return pid_; }
  /// Ends the worker and all that it started, now.
  void kill();

  /// One request, one answer; log and write frames in between go to the options' functions: of the
  /// logs only the first hundred, and what these functions throw passes through. Throws Fault or
  /// Interrupted; the process is gone then. A call that is not interruptible has a few seconds left
  /// once the user asked the run to end.
  nlohmann::json exchange(const nlohmann::json& request, int fd, bool interruptible);

 private:
  nlohmann::json wait_for_answer(bool interruptible);
  std::optional<nlohmann::json> take_answer();
  void pass_on_log(const nlohmann::json& log);
  void wait_for_input(int interrupt);
  [[nodiscard]] std::chrono::nanoseconds step_limit() const;
  void drain_output();
  [[noreturn]] void fail_hung();
  [[noreturn]] void fail_gone();
  [[noreturn]] void fail_protocol(const std::string& what);
  std::optional<int> kill_and_reap();

  WorkerOptions options_;
  SharedMemory page_;
  Breadcrumb& breadcrumb_;
  Fd socket_;
  Fd output_;
  FrameReader reader_;
  std::string tail_;
  int logs_left_ = 0;
  pid_t pid_ = -1;
};

}  // namespace bitgate::worker

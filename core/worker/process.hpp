// A worker process: started, talked to, watched, and put down with everything that it started.
#pragma once

#include <sys/types.h>

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
  /// environment, stdin from /dev/null, stdout and stderr captured. Throws std::system_error.
  explicit Process(const WorkerOptions& options);
  Process(const Process&) = delete;  // owns the process
  Process& operator=(const Process&) = delete;
  /// Kills the group and waits for the process.
  ~Process();

  [[nodiscard]] bool running() const { return pid_ > 0; }

  /// One request, one answer; log and write frames in between go to the options' functions. Throws
  /// Fault or Interrupted; the process is gone then.
  nlohmann::json exchange(const nlohmann::json& request, int fd, bool interruptible);

 private:
  nlohmann::json wait_for_answer(bool interruptible);
  std::optional<nlohmann::json> take_answer();
  void wait_for_input(int interrupt);
  void drain_output();
  [[noreturn]] void fail_hung();
  [[noreturn]] void fail_gone();
  [[noreturn]] void fail_protocol(const std::string& what);
  int kill_and_reap();

  WorkerOptions options_;
  SharedMemory page_;
  Breadcrumb& breadcrumb_;
  Fd socket_;
  Fd output_;
  FrameReader reader_;
  std::string tail_;
  pid_t pid_ = -1;
};

}  // namespace bitgate::worker

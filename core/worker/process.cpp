#include "worker/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/text.hpp"
#include "worker/environment.hpp"
#include "worker/interrupt.hpp"
#include "worker/worker_main.hpp"

namespace bitgate::worker {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kTailBytes = 64U << 10;
constexpr std::size_t kDrainBytes = 256U << 10;  // of output at a time: some plugins never stop
constexpr int kMostLogs = 100;                   // for one request
constexpr auto kLook = std::chrono::milliseconds(50);    // how often progress is looked at
constexpr auto kGrace = std::chrono::milliseconds(500);  // for a worker that was asked to stop
constexpr auto kFarewell = std::chrono::seconds(10);     // for what must be done after an interrupt
constexpr auto kDeath = std::chrono::seconds(5);  // of a killed process, if the kernel lets go

[[noreturn]] void raise(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

/// A copy of the descriptor above those that the worker will get, so that placing one of them never
/// overwrites another.
Fd out_of_the_way(int fd) {
  Fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 10));
  if (!copy) raise(errno, "duplicating a descriptor");
  return copy;
}

std::uint64_t default_memory() {
  const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return pages * page / 4 * 3;
}

/// posix_spawn's attributes and actions, released together.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  void place(const Fd& fd, int at) { ::posix_spawn_file_actions_adddup2(&actions_, fd.get(), at); }

  pid_t spawn(const char* path, char* const argv[], char* const environment[]) {
    pid_t pid = -1;
    const int error = ::posix_spawn(&pid, path, &actions_, &attributes_, argv, environment);
    if (error != 0) raise(error, "starting a worker process");
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

std::string seconds(std::chrono::nanoseconds time) {
  return fmt::format("{:g} s", std::chrono::duration<double>(time).count());
}

/// So that sending to a worker that reads nothing ends.
void limit_sending(int socket, std::chrono::nanoseconds limit) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(limit);
  const timeval time{whole.count() + 1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
}

/// Waits until the process has ended, without reaping it; false if it has not by then.
bool ended_by(pid_t pid, Clock::time_point until) {
  while (true) {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == pid) {
      return true;
    }
    if (Clock::now() >= until) return false;
    ::usleep(500);
  }
}

}  // namespace

Process::Process(const WorkerOptions& options)
    : options_(options),
      page_(sizeof(Breadcrumb), "bitgate-breadcrumb"),
      breadcrumb_(*new (page_.bytes().data()) Breadcrumb) {
  std::array<int, 2> sockets{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0) {
    raise(errno, "making a socket pair");
  }
  socket_ = Fd(sockets[0]);
  const Fd peer(sockets[1]);
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) raise(errno, "making a pipe");
  output_ = Fd(pipe[0]);
  const Fd sink(pipe[1]);
  ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);

  const Fd worker_socket = out_of_the_way(peer.get());
  const Fd worker_page = out_of_the_way(page_.fd());
  const Fd worker_output = out_of_the_way(sink.get());
  SpawnPlan plan;
  plan.place(worker_output, STDOUT_FILENO);
  plan.place(worker_output, STDERR_FILENO);
  plan.place(worker_socket, kSocketFd);
  plan.place(worker_page, kBreadcrumbFd);

  std::string name = "bitgate";
  std::string argument = kWorkerArgument;
  std::array<char*, 3> argv = {name.data(), argument.data(), nullptr};
  std::vector<std::string> kept = worker_environment();
  std::vector<char*> environment;
  for (std::string& entry : kept) environment.push_back(entry.data());
  environment.push_back(nullptr);
  pid_ = plan.spawn(options_.executable.c_str(), argv.data(), environment.data());

  limit_sending(socket_.get(), options_.step_limit);
  const std::uint64_t memory = options_.memory == 0 ? default_memory() : options_.memory;
  try {
    send_frame(socket_.get(), {{"host_pid", ::getpid()},
                               {"memory", memory},
                               {"leave_directory", options_.leave_directory}});
  } catch (const std::system_error&) {
    fail_gone();
  }
}

void Process::kill() {
  if (running()) kill_and_reap();
}

json Process::exchange(const json& request, int fd, bool interruptible) {
  if (!running()) throw Fault("the worker is gone", tail_);
  logs_left_ = kMostLogs;
  try {
    send_frame(socket_.get(), request, fd);
  } catch (const std::system_error& error) {
    if (error.code().value() == EAGAIN) fail_hung();
    fail_gone();
  }
  return wait_for_answer(interruptible);
}

/// The next frame that is an answer; log and write frames before it are passed on.
std::optional<json> Process::take_answer() {
  try {
    while (auto frame = reader_.take()) {
      json& content = frame->json;
      if (const auto log = content.find("log"); log != content.end()) {
        pass_on_log(*log);
      } else if (const auto write = content.find("write"); write != content.end()) {
        options_.on_write(write->at("stream").get<int>(), write->at("text").get<std::string>());
      } else {
        // cppcheck-suppress returnStdMoveLocal  (a part of the frame, which nothing else would
        // move)
        return std::move(content);
      }
    }
  } catch (const ProtocolError& error) {
    fail_protocol(error.what());
  } catch (const json::exception& error) {
    fail_protocol(error.what());
  }
  return std::nullopt;
}

void Process::pass_on_log(const json& log) {
  if (logs_left_ == 0) return;
  options_.on_log(log.at("level").get<int>(), log.at("text").get<std::string>());
  if (--logs_left_ == 0) options_.on_log(2, "… and more, which is not shown");
}

json Process::wait_for_answer(bool interruptible) {
  Clock::time_point last_progress = Clock::now();
  std::uint64_t last_count = breadcrumb_.count.load(std::memory_order_relaxed);
  std::optional<Clock::time_point> stop_at;  // set once the user asked the run to end
  while (true) {
    if (std::optional<json> answer = take_answer()) {
      drain_output();
      return std::move(*answer);
    }
    if (interruptible && interrupted() && !stop_at) {
      breadcrumb_.cancelled = 1;
      stop_at = Clock::now() + kGrace;
    }
    if (stop_at && Clock::now() > *stop_at) {
      kill_and_reap();
      throw Interrupted();
    }
    // Behind the look for an answer: one that came while this process was stopped still counts.
    if (Clock::now() - last_progress > step_limit()) fail_hung();
    wait_for_input(interruptible && !stop_at ? interrupt_fd() : -1);

    // Only the plugin's steps count as progress: one that prints for ever still hangs.
    const std::uint64_t count = breadcrumb_.count.load(std::memory_order_relaxed);
    if (count != last_count) {
      last_count = count;
      last_progress = Clock::now();
    }
  }
}

/// Waits a moment for anything from the worker, and reads it.
void Process::wait_for_input(int interrupt) {
  std::array<pollfd, 3> ready = {
      {{socket_.get(), POLLIN, 0}, {output_.get(), POLLIN, 0}, {interrupt, POLLIN, 0}}};
  const int events = ::poll(ready.data(), ready.size(), static_cast<int>(kLook.count()));
  if (events < 0 && errno != EINTR) raise(errno, "waiting for a worker");
  // A child that the plugin left behind holds the socket open after the worker's death.
  if (events == 0 && ended_by(pid_, Clock::now())) fail_gone();
  if ((ready[1].revents & POLLIN) != 0) {
    drain_output();
  } else if ((ready[1].revents & (POLLHUP | POLLERR)) != 0) {
    output_.reset();  // the plugin closed it
  }
  if ((ready[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !reader_.read_some(socket_.get())) {
    fail_gone();
  }
}

void Process::drain_output() {
  std::array<char, 4096> data;
  ssize_t count = 0;
  std::size_t drained = 0;
  while (output_ && drained < kDrainBytes &&
         (count = ::read(output_.get(), data.data(), data.size())) > 0) {
    drained += static_cast<std::size_t>(count);
    tail_.append(data.data(), static_cast<std::size_t>(count));
  }
  if (tail_.size() > kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
}

void Process::fail_hung() {
  const std::string step(breadcrumb_.name());
  kill_and_reap();
  throw Fault(fmt::format("no end of step {} within {}: the worker was stopped", step,
                          seconds(step_limit())),
              to_utf8(tail_));
}

void Process::fail_gone() {
  const std::string step(breadcrumb_.name());
  const std::optional<int> status = kill_and_reap();
  std::string how;
  if (!status) {
    how = "the worker hung up";
  } else if (WIFSIGNALED(*status)) {
    const char* name = ::sigabbrev_np(WTERMSIG(*status));
    how =
        name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", WTERMSIG(*status));
  } else {
    how = fmt::format("exited with status {}", WEXITSTATUS(*status));
  }
  throw Fault(fmt::format("{} in {}", how, step), to_utf8(tail_));
}

void Process::fail_protocol(const std::string& what) {
  const std::string step(breadcrumb_.name());
  kill_and_reap();
  throw Fault(fmt::format("the worker sent {} in {}", what, step), to_utf8(tail_));
}

std::chrono::nanoseconds Process::step_limit() const {
  if (!interrupted()) return options_.step_limit;
  return std::min<std::chrono::nanoseconds>(options_.step_limit, kFarewell);
}

/// The wait status, if the worker had ended by itself.
std::optional<int> Process::kill_and_reap() {
  // A worker that has hung up is ending by itself: it gets a moment, since its status says how.
  pollfd peer{socket_.get(), 0, 0};
  const bool ending = ::poll(&peer, 1, 0) > 0 && (peer.revents & POLLHUP) != 0;
  const bool by_itself =
      ended_by(pid_, Clock::now() + (ending ? kGrace : std::chrono::milliseconds(0)));
  // Before it is reaped, while the group's number can be nobody else's.
  ::kill(-pid_, SIGKILL);
  // A process that hangs in a driver dies only when the driver lets it.
  int status = 0;
  if (by_itself || ended_by(pid_, Clock::now() + kDeath)) ::waitpid(pid_, &status, 0);
  drain_output();
  pid_ = -1;
  if (!by_itself) return std::nullopt;
  return status;
}

}  // namespace bitgate::worker

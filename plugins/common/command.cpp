#include "common/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

namespace command {
namespace {

using Clock = std::chrono::steady_clock;

/// How often a command is looked after that has closed its output and still runs.
constexpr std::chrono::milliseconds kGlance{20};

[[noreturn]] void raise(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(const Fd&) = delete;  // owns the descriptor
  Fd& operator=(const Fd&) = delete;
  ~Fd() { close(); }

  [[nodiscard]] int get() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void take(int fd) { fd_ = fd; }

 private:
  int fd_;
};

/// Two ends of a stream: ours does not block, and writing to it when the command has gone is an
/// error and no signal.
struct Stream {
  Stream() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      raise(errno, "socketpair");
    }
    ours.take(ends[0]);
    theirs.take(ends[1]);
    ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  }

  Fd ours;
  Fd theirs;
};

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
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  void place(const Fd& fd, int at) { ::posix_spawn_file_actions_adddup2(&actions_, fd.get(), at); }
  void enter(const std::string& directory) {
    ::posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str());
  }

  [[nodiscard]] pid_t spawn(std::vector<std::string> argv,
                            std::vector<std::string> environment) const {
    const auto pointers_to = [](std::vector<std::string>& texts) {
      std::vector<char*> pointers;
      for (std::string& text : texts) pointers.push_back(text.data());
      pointers.push_back(nullptr);
      return pointers;
    };
    const std::vector<char*> arguments = pointers_to(argv);
    const std::vector<char*> variables = pointers_to(environment);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, arguments[0], &actions_, &attributes_, arguments.data(),
                                     variables.data());
    if (error != 0) raise(error, argv[0]);
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// A command that runs; killed and reaped if it is still there at the end.
class Running {
 public:
  explicit Running(pid_t pid) : pid_(pid) {}
  Running(const Running&) = delete;  // owns the process
  Running& operator=(const Running&) = delete;
  ~Running() {
    if (!ended_) kill();
  }

  /// Whether it has ended; does not wait.
  bool ended() {
    if (!ended_) ended_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
    return ended_;
  }

  void kill() {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    ended_ = true;
  }

  [[nodiscard]] std::string failure() const {
    if (WIFSIGNALED(status_)) {
      return "was ended by signal " + std::to_string(WTERMSIG(status_)) + " (" +
             ::strsignal(WTERMSIG(status_)) + ")";
    }
    const int code = WEXITSTATUS(status_);
    return code == 0 ? "" : "exited with " + std::to_string(code);
  }

 private:
  pid_t pid_;
  bool ended_ = false;
  int status_ = 0;
};

/// This process's environment with those of `over` in place of its own.
std::vector<std::string> environment_with(const std::vector<std::string>& over) {
  std::vector<std::string> out = over;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string name(text.substr(0, text.find('=') + 1));
    const bool replaced = std::any_of(over.begin(), over.end(), [&](const std::string& variable) {
      return variable.starts_with(name);
    });
    if (!replaced) out.emplace_back(text);
  }
  return out;
}

/// Passes text on to this process's stderr, as far as it takes it.
void pass_on(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDERR_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Moves what there is into `text`; closes the descriptor at its end. A command that prints without
/// end must not keep the deadline from being looked at.
void drain(Fd& fd, std::string& text, const Surroundings& around) {
  constexpr int kMostReads = 64;
  std::array<char, 65536> data;
  for (int reads = 0; fd.get() >= 0 && reads < kMostReads; ++reads) {
    const ssize_t count = ::read(fd.get(), data.data(), data.size());
    if (count > 0) {
      const auto size = static_cast<std::size_t>(count);
      text.append(data.data(), std::min(size, around.most_output - text.size()));
      if (around.echo) pass_on({data.data(), size});
    } else if (count < 0 && errno == EINTR) {
      continue;
    } else if (count < 0 && errno == EAGAIN) {
      return;
    } else {
      fd.close();
    }
  }
}

/// Sends what the other side takes; closes the descriptor when all is sent, or nobody reads.
void feed(Fd& fd, std::string_view& text) {
  while (fd.get() >= 0) {
    if (text.empty()) {
      fd.close();
      return;
    }
    const ssize_t count = ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR) {
      fd.close();
    }
  }
}

}  // namespace

Result run(const std::vector<std::string>& argv, std::string_view input,
           std::chrono::seconds deadline, const Surroundings& around) {
  Stream in;
  Stream out;
  Stream err;
  SpawnPlan plan;
  plan.place(in.theirs, STDIN_FILENO);
  plan.place(out.theirs, STDOUT_FILENO);
  plan.place(err.theirs, STDERR_FILENO);
  if (!around.directory.empty()) plan.enter(around.directory);
  Running process(plan.spawn(argv, environment_with(around.environment)));
  for (Stream* stream : {&in, &out, &err}) stream->theirs.close();

  Result result;
  const auto end = Clock::now() + deadline;
  while (true) {
    // Before the output is drained, so that nothing which an ended command wrote is missed.
    const bool ended = process.ended();
    feed(in.ours, input);
    drain(out.ours, result.out, around);
    drain(err.ours, result.err, around);
    if (ended) {
      result.failure = process.failure();
      return result;
    }
    if (Clock::now() >= end) {
      process.kill();
      result.failure =
          "was not done after " + std::to_string(deadline.count()) + " s and was killed";
      return result;
    }
    std::array<pollfd, 3> waiting = {
        {{in.ours.get(), POLLOUT, 0}, {out.ours.get(), POLLIN, 0}, {err.ours.get(), POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), static_cast<int>(kGlance.count()));
  }
}

}  // namespace command

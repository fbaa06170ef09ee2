#include "base/command.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "base/text.hpp"

namespace bitgate {
namespace {

[[noreturn]] void raise(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(const Fd&) = delete;  // owns the descriptor
  Fd& operator=(const Fd&) = delete;
  ~Fd() { close(); }
  [[nodiscard]] int get() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

/// What is left to read from here on, of which at most `most` bytes are kept.
std::string drain(int fd, std::size_t most) {
  std::string text;
  std::array<char, 65536> data;
  while (true) {
    const ssize_t count = ::read(fd, data.data(), data.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(data.data(), std::min(static_cast<std::size_t>(count), most - text.size()));
  }
}

pid_t spawn(const std::vector<std::string>& argv, int out, int err) {
  std::vector<char*> arguments;
  for (const std::string& text : argv) arguments.push_back(const_cast<char*>(text.c_str()));
  arguments.push_back(nullptr);
  std::vector<std::string> kept;
  for (const char* name : {"PATH", "HOME"}) {
    if (const char* value = std::getenv(name)) kept.push_back(fmt::format("{}={}", name, value));
  }
  std::vector<char*> environment;
  for (std::string& entry : kept) environment.push_back(entry.data());
  environment.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t pid = -1;
  const int error =
      ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) raise(error, argv[0] + " can't be started");
  return pid;
}

}  // namespace

std::string command_output(const std::vector<std::string>& argv, std::size_t most) {
  constexpr std::size_t kMostWords = 1000;
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) raise(errno, "making a pipe");
  const Fd ours(pipe[0]);
  Fd theirs(pipe[1]);
  // A file and not a second pipe, so that neither can fill while the other is waited for.
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> words(std::tmpfile(), &std::fclose);
  if (words == nullptr) raise(errno, "making a temporary file");
  const pid_t pid = spawn(argv, theirs.get(), ::fileno(words.get()));
  theirs.close();
  std::string output = drain(ours.get(), most);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return output;
  ::lseek(::fileno(words.get()), 0, SEEK_SET);
  std::string said = to_utf8(drain(::fileno(words.get()), kMostWords));
  said.resize(std::min(said.find('\n'), said.size()));
  throw std::runtime_error(said.empty() ? argv[0] + " failed" : said);
}

}  // namespace bitgate

#include "support/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace bitgate::test {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void become(const std::vector<std::string>& arguments, const Surroundings& around,
                         int out, int err) {
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  for (const auto& [name, value] : around.environment) ::setenv(name.c_str(), value.c_str(), 1);
  if (!around.directory.empty() && ::chdir(around.directory.c_str()) != 0) std::_Exit(126);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  std::_Exit(127);
}

/// Appends what there is; false at the end.
bool drain(int fd, std::string& to) {
  std::array<char, 4096> data;
  const ssize_t count = ::read(fd, data.data(), data.size());
  if (count > 0) to.append(data.data(), static_cast<std::size_t>(count));
  return count > 0;
}

}  // namespace

Outcome run_program(const std::vector<std::string>& arguments, const Surroundings& around) {
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe");
  }
  const auto start = Clock::now();
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("no fork");
  if (pid == 0) become(arguments, around, out[1], err[1]);
  ::close(out[1]);
  ::close(err[1]);

  Outcome outcome;
  std::array<pollfd, 2> open = {{{out[0], POLLIN, 0}, {err[0], POLLIN, 0}}};
  bool interrupted = around.interrupt_after < 0;
  auto interrupt_at = Clock::time_point::max();
  while (open[0].fd >= 0 || open[1].fd >= 0) {
    ::poll(open.data(), open.size(), 20);
    if ((open[0].revents & (POLLIN | POLLHUP)) != 0 && !drain(out[0], outcome.out)) open[0].fd = -1;
    if ((open[1].revents & (POLLIN | POLLHUP)) != 0 && !drain(err[0], outcome.err)) open[1].fd = -1;
    if (!interrupted && interrupt_at == Clock::time_point::max() &&
        outcome.err.find('\n') != std::string::npos) {
      interrupt_at = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>(around.interrupt_after));
    }
    if (!interrupted && Clock::now() >= interrupt_at) {
      ::kill(pid, SIGINT);
      interrupted = true;
    }
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  ::close(out[0]);
  ::close(err[0]);
  outcome.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  return outcome;
}

Outcome run_bitgate(std::vector<std::string> arguments, const Surroundings& around) {
  arguments.insert(arguments.begin(), BITGATE_EXECUTABLE);
  if (!around.emulator.empty()) arguments.insert(arguments.begin(), around.emulator);
  return run_program(arguments, around);
}

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "bitgate-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::write(const std::string& name, const std::string& content) const {
  const std::string path = *this / name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

std::vector<int> processes_with(const std::string& text) {
  std::vector<int> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "cmdline", std::ios::binary);
    std::ostringstream line;
    line << file.rdbuf();
    const int pid = std::stoi(name);
    if (pid != ::getpid() && line.str().find(text) != std::string::npos) found.push_back(pid);
  }
  return found;
}

}  // namespace bitgate::test

#include "support/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
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
  ::setsid();
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::setenv("BITGATE_JUDGE_DEBUG", "1", 0);  // so that a Debug build passes the same tests
  for (const auto& [name, value] : around.environment) ::setenv(name.c_str(), value.c_str(), 1);
  if (!around.directory.empty() && ::chdir(around.directory.c_str()) != 0) std::_Exit(126);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  std::_Exit(127);
}

/// Processes of a session, zombies aside. Other tests run at the same time, in other sessions.
std::vector<int> processes_of_session(pid_t session) {
  std::vector<int> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "stat");
    std::string line;
    std::getline(file, line);
    // "pid (name) state parent group session": the name may hold anything.
    std::istringstream rest(line.substr(std::min(line.size(), line.rfind(')') + 1)));
    char state = 'Z';
    int parent = 0;
    int group = 0;
    int of = 0;
    rest >> state >> parent >> group >> of;
    if (of == session && state != 'Z') found.push_back(std::stoi(name));
  }
  return found;
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
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("no fork");
  if (pid == 0) become(arguments, around, out[1], err[1]);
  ::close(out[1]);
  ::close(err[1]);

  Outcome outcome;
  std::array<pollfd, 2> open = {{{out[0], POLLIN, 0}, {err[0], POLLIN, 0}}};
  std::size_t sent = 0;
  auto next_signal = Clock::time_point::max();
  while (open[0].fd >= 0 || open[1].fd >= 0) {
    ::poll(open.data(), open.size(), 20);
    if ((open[0].revents & (POLLIN | POLLHUP)) != 0 && !drain(out[0], outcome.out)) open[0].fd = -1;
    if ((open[1].revents & (POLLIN | POLLHUP)) != 0 && !drain(err[0], outcome.err)) open[1].fd = -1;
    if (next_signal == Clock::time_point::max() &&
        outcome.err.find(around.when) != std::string::npos) {
      next_signal = Clock::now() + around.moment;
    }
    if (sent < around.signals.size() && Clock::now() >= next_signal) {
      ::kill(pid, around.signals[sent++]);
      next_signal = Clock::now() + around.moment;
    }
  }
  int status = 0;
  rusage usage{};
  ::wait4(pid, &status, 0, &usage);
  ::close(out[0]);
  ::close(err[0]);
  outcome.peak_kib = usage.ru_maxrss;
  const auto patience = Clock::now() + std::chrono::seconds(1);
  do {
    outcome.left_behind = processes_of_session(pid);
  } while (!outcome.left_behind.empty() && Clock::now() < patience && ::usleep(5000) == 0);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  return outcome;
}

std::string bitgate_path() { return BITGATE_EXECUTABLE; }

Outcome run_bitgate(std::vector<std::string> arguments, const Surroundings& around) {
  arguments.insert(arguments.begin(), bitgate_path());
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

}  // namespace bitgate::test

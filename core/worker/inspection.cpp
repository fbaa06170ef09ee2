#include "worker/inspection.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "worker/floating_point.hpp"

extern char** environ;

namespace bitgate::worker {
namespace {

using nlohmann::json;

constexpr off_t kStdoutRoom = 64 << 10;

std::string signals() {
  std::string out;
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    if (::sigaction(number, nullptr, &action) != 0 || action.sa_handler == SIG_DFL) continue;
    const char* name = ::sigabbrev_np(number);
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ",
                       name != nullptr ? fmt::format("SIG{}", name) : std::to_string(number),
                       action.sa_handler == SIG_IGN ? "ignored" : "handled");
  }
  sigset_t blocked;
  ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
  for (int number = 1; number < NSIG; ++number) {
    if (sigismember(&blocked, number) == 1) out += fmt::format(" {} blocked", number);
  }
  return out.empty() ? "all default" : out;
}

/// A line of /proc/self/status without its name.
std::string status_line(const std::string& name) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name + ":"))
      return line.substr(line.find_first_not_of("\t ", name.size() + 1));
  }
  return {};
}

std::vector<std::string> limits() {
  constexpr std::array<const char*, 16> kNames = {
      "cpu",     "fsize", "data",       "stack",   "core", "rss",  "nproc",  "nofile",
      "memlock", "as",    "file locks", "signals", "mq",   "nice", "rtprio", "rttime"};
  std::vector<std::string> out;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    rlimit limit{};
    ::getrlimit(static_cast<__rlimit_resource_t>(i), &limit);
    out.push_back(fmt::format("{} {}/{}", kNames[i], limit.rlim_cur, limit.rlim_max));
  }
  return out;
}

std::vector<std::string> descriptors() {
  std::vector<std::string> out;
  DIR* directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return out;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string name = entry->d_name;
    if (name.starts_with(".") || std::atoi(entry->d_name) == ::dirfd(directory)) continue;
    std::error_code ignored;
    out.push_back(name + " " +
                  std::filesystem::read_symlink("/proc/self/fd/" + name, ignored).string());
  }
  ::closedir(directory);
  std::sort(out.begin(), out.end());
  return out;
}

std::size_t children() {
  std::size_t count = 0;
  std::error_code ignored;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
    std::ifstream in(task.path() / "children");
    for (int child = 0; in >> child;) ++count;
  }
  return count;
}

std::uint64_t resident() {
  std::ifstream in("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t pages = 0;
  in >> size >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void Inspection::catch_stdout() {
  if (stdout_) return;
  std::fflush(stdout);
  // Sealed, since a plugin that prints without end must not fill the memory.
  stdout_ = Fd(::memfd_create("bitgate-stdout", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!stdout_ || ::ftruncate(stdout_.get(), kStdoutRoom) != 0) return;
  ::fcntl(stdout_.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK);
  ::dup2(stdout_.get(), STDOUT_FILENO);
}

json Inspection::facts() {
  catch_stdout();
  std::fflush(stdout);
  const struct mallinfo2 heap = ::mallinfo2();
  std::vector<std::string> environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    environment.emplace_back(*entry);
  }
  std::error_code ignored;
  const char* locale = std::setlocale(LC_ALL, nullptr);
  return {{"floating_point", FloatingPointGuard::changes_seen() ? "was changed" : "untouched"},
          {"locale", locale == nullptr ? "unknown" : locale},
          {"signals", signals()},
          {"directory", std::filesystem::current_path(ignored).string()},
          {"umask", status_line("Umask")},
          {"environment", environment},
          {"limits", limits()},
          {"threads", std::atoi(status_line("Threads").c_str())},
          {"descriptors", descriptors()},
          {"children", children()},
          {"rss", resident()},
          {"heap", heap.uordblks + heap.hblkhd},
          {"stdout", stdout_ ? ::lseek(stdout_.get(), 0, SEEK_CUR) : off_t{0}}};
}

}  // namespace bitgate::worker

#include "faults.hpp"

#include <bitgate/plugin.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace zoo {
namespace {

constexpr int kHostSocket = 3;

[[noreturn]] void sleep_for_ever() {
  while (true) std::this_thread::sleep_for(std::chrono::hours(1));
}

void send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::write(kHostSocket, bytes.data(), bytes.size());
    if (sent <= 0) std::_Exit(1);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string header(std::uint32_t size) {
  std::string bytes(4, '\0');
  for (unsigned i = 0; i < 4; ++i) bytes[i] = static_cast<char>(size >> (8 * i));
  return bytes;
}

}  // namespace

void segfault() {
  std::raise(SIGSEGV);
  std::_Exit(1);
}

void abort_loudly() {
  std::fputs("assertion failed: the zoo is closed\n", stderr);
  std::abort();
}

void exit_quietly() { std::_Exit(0); }

void throw_words() { throw std::runtime_error("the zoo throws"); }

void throw_number() { throw 42; }

void hang() {
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  sleep_for_ever();
}

void leave_child_and_crash() {
  if (::fork() == 0) sleep_for_ever();
  segfault();
}

void eat_memory() {
  std::vector<std::vector<char>> kept;
  while (true) kept.emplace_back(std::size_t{16} << 20, 'x');
}

void leak() {
  static std::vector<std::vector<char>> kept;
  kept.emplace_back(std::size_t{64} << 20, 'x');
}

void print_without_end() {
  // As much as fits into a pipe at a time: a reader that drains it to the end never gets there.
  const std::string much(std::size_t{64} << 10, '.');
  while (true) {
    if (::write(STDOUT_FILENO, much.data(), much.size()) < 0) std::_Exit(1);
  }
}

void print_a_line() {
  std::puts("a line on stdout");
  std::fflush(stdout);
}

void start_thread() {
  // One is enough: how often tensors are written depends on how fast the machine is.
  static const bool started = [] {
    std::thread(sleep_for_ever).detach();
    return true;
  }();
  static_cast<void>(started);
}

void refuse_as_unsupported() {
  throw bitgate::Error(BG_UNSUPPORTED, "the zoo would rather not after all");
}

void refuse_as_unavailable() { throw bitgate::Error(BG_UNAVAILABLE, "the zoo has just closed"); }

void refuse_for_now() { throw bitgate::Error(BG_TRANSIENT, "the zoo is too busy just now"); }

void refuse_once() {
  const char* directory = std::getenv("TMPDIR");
  const std::string mark = std::string(directory == nullptr ? "/tmp" : directory) + "/zoo-was-busy";
  const int file = ::open(mark.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return;
  ::close(file);
  refuse_for_now();
}

void send_garbage() {
  send(header(4) + "junk");
  sleep_for_ever();
}

void send_wrong_answer() {
  send(header(2) + "{}");
  sleep_for_ever();
}

void announce_huge_frame() {
  send("\xFF\xFF\xFF\xFF");
  sleep_for_ever();
}

void fill_largest_frame() {
  send(header(16U << 20));
  const std::string much(std::size_t{64} << 10, 'x');
  while (true) send(much);
}

void hang_up() {
  ::close(kHostSocket);
  sleep_for_ever();
}

}  // namespace zoo

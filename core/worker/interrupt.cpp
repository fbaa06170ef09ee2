#include "worker/interrupt.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>

namespace bitgate::worker {
namespace {

std::atomic<int> event_fd{-1};
std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void on_signal(int signal) {
  if (requested.exchange(true)) {
    // The workers follow by their parent-death signal. A terminal is left at the start of a line.
    if (::isatty(STDERR_FILENO) == 1) static_cast<void>(!::write(STDERR_FILENO, "\n", 1));
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    return;
  }
  const std::uint64_t one = 1;
  static_cast<void>(!::write(event_fd.load(), &one, sizeof(one)));
}

}  // namespace

void catch_interrupts() {
  if (event_fd.load() >= 0) return;
  event_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool interrupted() { return requested.load(); }

int interrupt_fd() { return event_fd.load(); }

}  // namespace bitgate::worker

// Drivers change what belongs to the whole process: compilers among them install signal handlers,
// others set environment variables. A plugin must leave both alone, so what a driver did is undone.
#pragma once

#include <array>
#include <csignal>
#include <string>
#include <vector>

namespace opencl {

/// Restores signal handlers and environment to what they were when it was made. Needed around
/// whatever may start or compile something: opening, sessions, programs.
class DriverGuard {
 public:
  DriverGuard();
  ~DriverGuard();
  DriverGuard(const DriverGuard&) = delete;
  DriverGuard& operator=(const DriverGuard&) = delete;

 private:
  static constexpr int kSignals =
      32;  // the standard ones; real-time signals are the threading library's

  std::array<struct sigaction, kSignals> actions_{};
  std::vector<std::string> environment_;
};

}  // namespace opencl

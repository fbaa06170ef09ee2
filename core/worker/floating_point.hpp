// Plugins may be built with flags that flip the floating-point environment (flush-to-zero by
// -ffast-math start-up code): the judge's arithmetic must not notice.
#pragma once

#include <cfenv>

namespace bitgate::worker {

/// Restores the floating-point environment of its construction when it goes out of scope.
class FloatingPointGuard {
 public:
  FloatingPointGuard() { std::fegetenv(&saved_); }
  FloatingPointGuard(const FloatingPointGuard&) = delete;  // restores once
  FloatingPointGuard& operator=(const FloatingPointGuard&) = delete;
  ~FloatingPointGuard() { std::fesetenv(&saved_); }

 private:
  std::fenv_t saved_{};
};

}  // namespace bitgate::worker

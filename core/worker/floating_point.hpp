// Plugins may be built with flags that flip the floating-point environment (flush-to-zero by
// -ffast-math start-up code): the judge's arithmetic must not notice.
#pragma once

#include <atomic>
#include <cfenv>
#include <cfloat>

namespace bitgate::worker {

/// Restores the floating-point environment of its construction when it goes out of scope.
class FloatingPointGuard {
 public:
  FloatingPointGuard() : mode_(mode()) { std::fegetenv(&saved_); }
  FloatingPointGuard(const FloatingPointGuard&) = delete;  // restores once
  FloatingPointGuard& operator=(const FloatingPointGuard&) = delete;
  ~FloatingPointGuard() {
    const Mode now = mode();
    if (now.rounding != mode_.rounding || now.flushes != mode_.flushes) changes = true;
    std::fesetenv(&saved_);
  }

  /// Whether any guard of this process had rounding or the treatment of denormals to put right.
  static bool changes_seen() { return changes; }

 private:
  struct Mode {
    int rounding;
    bool flushes;  ///< denormals to zero, as results or as operands
  };

  static Mode mode() {
    volatile float tiny = FLT_MIN;
    volatile float denormal = FLT_TRUE_MIN;
    volatile float result = tiny * 0.5F;
    volatile float operand = denormal * 1e20F;
    return {std::fegetround(), result == 0.0F || operand == 0.0F};
  }

  static inline std::atomic<bool> changes{false};
  Mode mode_;
  std::fenv_t saved_{};
};

}  // namespace bitgate::worker

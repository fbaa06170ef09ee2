// The cores that this thread, and what it starts, may use.
#pragma once

#include <sched.h>

namespace bitgate {

/// While it lives this thread, and every process that it starts, runs on the first `cores` of the
/// cores that it may use; 0: on all of them. Where that is not allowed, nothing changes.
class CoreMask {
 public:
  explicit CoreMask(unsigned cores);
  CoreMask(const CoreMask&) = delete;  // puts back what was
  CoreMask& operator=(const CoreMask&) = delete;
  ~CoreMask();

 private:
  cpu_set_t before_{};
  bool changed_ = false;
};

}  // namespace bitgate

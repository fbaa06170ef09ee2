#include "measure/core_mask.hpp"

#include <vector>

#include "measure/machine.hpp"

namespace bitgate {

CoreMask::CoreMask(unsigned cores) {
  const std::vector<int>& allowed = allowed_cores();
  if (cores == 0 || cores >= allowed.size()) return;
  if (::sched_getaffinity(0, sizeof(before_), &before_) != 0) return;
  cpu_set_t fewer;
  CPU_ZERO(&fewer);
  for (unsigned i = 0; i < cores; ++i) CPU_SET(allowed[i], &fewer);
  changed_ = ::sched_setaffinity(0, sizeof(fewer), &fewer) == 0;
}

CoreMask::~CoreMask() {
  if (changed_) ::sched_setaffinity(0, sizeof(before_), &before_);
}

}  // namespace bitgate

// The threads of a block each bring a value; all get the result.
#pragma once

#include "kernels/portable.hpp"

namespace bg_cuda {

inline constexpr std::uint32_t kGroup = 128;  ///< threads of a block that reduces something

struct Larger {
  static BG_DEVICE float join(float a, float b) { return larger(a, b); }
};
struct Sum {
  template <class T>
  static BG_DEVICE T join(T a, T b) {
    return a + b;
  }
};

/// `scratch` is shared and has kGroup elements, as many as the block has threads.
template <class How, class T>
BG_DEVICE T reduce(T value, T* scratch) {
  const std::uint32_t thread = thread_x();
  scratch[thread] = value;
  block_sync();
  for (std::uint32_t step = kGroup / 2; step > 0; step /= 2) {
    if (thread < step) scratch[thread] = How::join(scratch[thread], scratch[thread + step]);
    block_sync();
  }
  const T result = scratch[0];
  block_sync();
  return result;
}

}  // namespace bg_cuda

// Loops that do nothing but read, or multiply and add, as fast as one instruction set can. The files
// that define them are compiled for that instruction set, so they hold intrinsics and nothing of the
// standard library: a template instantiated there could end up running on a CPU that lacks it.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace bitgate {

struct CeilingKernels {
  const char* name;
  /// Reads all of [data, data + bytes); bytes is a multiple of 4096 and data aligned to 64.
  uint64_t (*read_sequential)(const void* data, size_t bytes);
  /// The same in four streams side by side.
  uint64_t (*read_streams)(const void* data, size_t bytes);
  uint64_t (*int8_loop)(uint64_t iterations);
  uint64_t int8_per_iteration;  ///< multiply-adds
  float (*f32_loop)(uint64_t iterations);
  uint64_t f32_per_iteration;  ///< multiply-adds
};

extern const CeilingKernels kCeilingScalar;
#if defined(__x86_64__)
extern const CeilingKernels kCeilingAvx2;
extern const CeilingKernels kCeilingAvx512;
#endif

}  // namespace bitgate

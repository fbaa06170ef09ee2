// Loops that do nothing but read, or multiply and add, as fast as one instruction set can. The
// files that define them are compiled for that instruction set, so they hold intrinsics, assembler
// and nothing of the standard library: a template instantiated there could end up running on a CPU
// that lacks it.
#pragma once

// NOLINTBEGIN(modernize-deprecated-headers): <cstddef> and <cstdint> are of C++'s library.
#include <stddef.h>
#include <stdint.h>
// NOLINTEND(modernize-deprecated-headers)

namespace bitgate {

/// Reads all of [data, data + bytes); bytes is a multiple of 16384 and data aligned to 64. Returns
/// a fold of what was read.
using ReadLoop = uint64_t(const void* data, size_t bytes);

/// A loop over registers; `run` is null where there is none.
struct PeakLoop {
  uint64_t (*run)(uint64_t iterations);
  uint64_t per_iteration;  ///< multiply-adds in one iteration, over all lanes
};

/// Which way is the fastest differs between machines, so there are several of each.
struct CeilingKernels {
  ReadLoop* reads[3];
  PeakLoop int8[2];
  PeakLoop f32[2];
  PeakLoop bf16[2];  ///< all null: bf16 factors are widened to f32 and multiplied there
};

extern const CeilingKernels kCeilingScalar;
#if defined(__x86_64__)
extern const CeilingKernels kCeilingAvx2;
extern const CeilingKernels kCeilingAvx512;
extern const CeilingKernels kCeilingAvx512Bf16;
#elif defined(__aarch64__)
extern const CeilingKernels kCeilingNeon;
extern const CeilingKernels kCeilingNeonDotprod;
#endif

}  // namespace bitgate

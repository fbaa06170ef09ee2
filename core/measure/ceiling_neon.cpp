#include <arm_neon.h>

#include "measure/ceiling_kernels.hpp"

namespace bitgate {
namespace {

constexpr size_t kLine = 64;
constexpr size_t kAhead = 1024;  // bytes that a stream prefetches ahead
constexpr uint64_t kChains = 24;

uint64_t fold(uint64x2_t sum) { return vgetq_lane_u64(sum, 0) ^ vgetq_lane_u64(sum, 1); }

uint64x2_t load(const char* at) {
  return vreinterpretq_u64_u8(vld1q_u8(reinterpret_cast<const uint8_t*>(at)));
}

uint64x2_t load_line(const char* at) {
  return veorq_u64(veorq_u64(load(at), load(at + 16)), veorq_u64(load(at + 32), load(at + 48)));
}

uint64_t read_sequential(const void* data, size_t bytes) {
  const char* at = static_cast<const char*>(data);
  uint64x2_t a = vdupq_n_u64(0);
  uint64x2_t b = a;
  for (const char* end = at + bytes; at < end; at += 2 * kLine) {
    a = veorq_u64(a, load_line(at));
    b = veorq_u64(b, load_line(at + kLine));
  }
  return fold(veorq_u64(a, b));
}

// Four streams side by side keep more of the hardware's prefetchers busy.
uint64_t read_streams(const void* data, size_t bytes) {
  const size_t stride = bytes / 4;
  const char* at = static_cast<const char*>(data);
  uint64x2_t a = vdupq_n_u64(0);
  uint64x2_t b = a;
  for (const char* end = at + stride; at < end; at += kLine) {
    a = veorq_u64(a, load_line(at));
    b = veorq_u64(b, load_line(at + stride));
    a = veorq_u64(a, load_line(at + 2 * stride));
    b = veorq_u64(b, load_line(at + 3 * stride));
  }
  return fold(veorq_u64(a, b));
}

uint64_t read_prefetched(const void* data, size_t bytes) {
  const char* at = static_cast<const char*>(data);
  uint64x2_t a = vdupq_n_u64(0);
  uint64x2_t b = a;
  for (const char* end = at + bytes; at < end; at += 2 * kLine) {
    __builtin_prefetch(at + kAhead);
    __builtin_prefetch(at + kAhead + kLine);
    a = veorq_u64(a, load_line(at));
    b = veorq_u64(b, load_line(at + kLine));
  }
  return fold(veorq_u64(a, b));
}

// The peaks are in assembler, since a compiler folds or spills a loop whose results nobody needs.
// Twenty-four chains hide the latency on four pipelines; registers are zeroed, since denormal
// numbers are slow on some processors.
#define BITGATE_REGISTERS                                                                        \
  "v0", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", \
      "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31"
#define BITGATE_ON_CHAINS(instruction)                                                      \
  __asm__ volatile(                                                                         \
      ".irp chain, "                                                                        \
      "8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n" instruction \
      "\n.endr" ::                                                                          \
          : BITGATE_REGISTERS)
#define BITGATE_PEAK(instruction)                                           \
  __asm__ volatile("movi v0.16b, #0" ::: BITGATE_REGISTERS);                \
  BITGATE_ON_CHAINS("movi v\\chain\\().16b, #0");                           \
  for (uint64_t i = 0; i < iterations; ++i) BITGATE_ON_CHAINS(instruction); \
  return iterations

// smlal alone: what splits codes and sums lanes in a kernel is left out, so that no kernel with
// less of it can beat the bound.
uint64_t int8_loop(uint64_t iterations) { BITGATE_PEAK("smlal v\\chain\\().8h, v0.8b, v0.8b"); }

// sdot v<chain>.4s, v0.16b, v0.16b by its encoding: in a file for every 64-bit ARM processor not
// all assemblers take its name.
uint64_t dotprod_loop(uint64_t iterations) { BITGATE_PEAK(".inst 0x4e809400 + \\chain"); }

uint64_t f32_loop(uint64_t iterations) { BITGATE_PEAK("fmla v\\chain\\().4s, v0.4s, v0.4s"); }

}  // namespace

const CeilingKernels kCeilingNeon = {{read_sequential, read_streams, read_prefetched},
                                     {{int8_loop, kChains * 8}, {nullptr, 0}},
                                     {{f32_loop, kChains * 4}, {nullptr, 0}},
                                     {{nullptr, 0}, {nullptr, 0}}};

const CeilingKernels kCeilingNeonDotprod = {{read_sequential, read_streams, read_prefetched},
                                            {{dotprod_loop, kChains * 16}, {nullptr, 0}},
                                            {{f32_loop, kChains * 4}, {nullptr, 0}},
                                            {{nullptr, 0}, {nullptr, 0}}};

}  // namespace bitgate

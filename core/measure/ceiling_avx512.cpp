#include <immintrin.h>

#include "measure/ceiling_kernels.hpp"

namespace bitgate {
namespace {

constexpr size_t kVector = 64;   // a cache line too
constexpr size_t kAhead = 1024;  // bytes that a stream prefetches ahead
constexpr uint64_t kChains = 12;

uint64_t fold(__m512i sum) {
  alignas(kVector) uint64_t words[kVector / 8];
  _mm512_store_si512(reinterpret_cast<__m512i*>(words), sum);
  uint64_t folded = 0;
  for (const uint64_t word : words) folded ^= word;
  return folded;
}

__m512i load(const char* at) { return _mm512_load_si512(reinterpret_cast<const __m512i*>(at)); }

uint64_t read_sequential(const void* data, size_t bytes) {
  const char* at = static_cast<const char*>(data);
  __m512i a = _mm512_setzero_si512();
  __m512i b = a;
  for (const char* end = at + bytes; at < end; at += 4 * kVector) {
    a = _mm512_xor_si512(a, load(at));
    b = _mm512_xor_si512(b, load(at + kVector));
    a = _mm512_xor_si512(a, load(at + 2 * kVector));
    b = _mm512_xor_si512(b, load(at + 3 * kVector));
  }
  return fold(_mm512_xor_si512(a, b));
}

// Four streams side by side keep more of the hardware's prefetchers busy.
uint64_t read_streams(const void* data, size_t bytes) {
  const size_t stride = bytes / 4;
  const char* at = static_cast<const char*>(data);
  __m512i a = _mm512_setzero_si512();
  __m512i b = a;
  for (const char* end = at + stride; at < end; at += kVector) {
    a = _mm512_xor_si512(a, load(at));
    b = _mm512_xor_si512(b, load(at + stride));
    a = _mm512_xor_si512(a, load(at + 2 * stride));
    b = _mm512_xor_si512(b, load(at + 3 * stride));
  }
  return fold(_mm512_xor_si512(a, b));
}

uint64_t read_prefetched(const void* data, size_t bytes) {
  const size_t stride = bytes / 4;
  const char* at = static_cast<const char*>(data);
  __m512i a = _mm512_setzero_si512();
  __m512i b = a;
  for (const char* end = at + stride; at < end; at += kVector) {
    for (size_t stream = 0; stream < 4; ++stream) {
      _mm_prefetch(at + stream * stride + kAhead, _MM_HINT_T0);
    }
    a = _mm512_xor_si512(a, load(at));
    b = _mm512_xor_si512(b, load(at + stride));
    a = _mm512_xor_si512(a, load(at + 2 * stride));
    b = _mm512_xor_si512(b, load(at + 3 * stride));
  }
  return fold(_mm512_xor_si512(a, b));
}

// The peaks are in assembler, since a compiler folds or spills a loop whose results nobody needs.
// Twelve chains hide the latency; registers are zeroed, since denormal numbers are slow on some
// processors, and zeroed at the end, since dirty upper halves slow down what comes after.
// Both widths are tried: the wider one can lower the clock of processors with one such unit.
#define BITGATE_PEAK(instruction, width)                                                           \
  __asm__ volatile("vzeroall" ::                                                                   \
                       : "zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5", "zmm6", "zmm7", "zmm8",   \
                         "zmm9", "zmm10", "zmm11", "zmm12", "zmm13");                              \
  for (uint64_t i = 0; i < iterations; ++i) {                                                      \
    __asm__ volatile(".irp chain, 2,3,4,5,6,7,8,9,10,11,12,13\n" instruction " %%" width           \
                     "1, %%" width "0, %%" width                                                   \
                     "\\chain\n"                                                                   \
                     ".endr" ::                                                                    \
                         : "zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5", "zmm6", "zmm7", "zmm8", \
                           "zmm9", "zmm10", "zmm11", "zmm12", "zmm13");                            \
  }                                                                                                \
  _mm256_zeroupper();                                                                              \
  return iterations

uint64_t int8_wide(uint64_t iterations) { BITGATE_PEAK("vpdpbusd", "zmm"); }
uint64_t int8_half(uint64_t iterations) { BITGATE_PEAK("vpdpbusd", "ymm"); }
uint64_t f32_wide(uint64_t iterations) { BITGATE_PEAK("vfmadd231ps", "zmm"); }
uint64_t f32_half(uint64_t iterations) { BITGATE_PEAK("vfmadd231ps", "ymm"); }
uint64_t bf16_wide(uint64_t iterations) { BITGATE_PEAK("vdpbf16ps", "zmm"); }
uint64_t bf16_half(uint64_t iterations) { BITGATE_PEAK("vdpbf16ps", "ymm"); }

}  // namespace

const CeilingKernels kCeilingAvx512 = {{read_sequential, read_streams, read_prefetched},
                                       {{int8_wide, kChains * 64}, {int8_half, kChains * 32}},
                                       {{f32_wide, kChains * 16}, {f32_half, kChains * 8}},
                                       {{nullptr, 0}, {nullptr, 0}}};

const CeilingKernels kCeilingAvx512Bf16 = {{read_sequential, read_streams, read_prefetched},
                                           {{int8_wide, kChains * 64}, {int8_half, kChains * 32}},
                                           {{f32_wide, kChains * 16}, {f32_half, kChains * 8}},
                                           {{bf16_wide, kChains * 32}, {bf16_half, kChains * 16}}};

}  // namespace bitgate

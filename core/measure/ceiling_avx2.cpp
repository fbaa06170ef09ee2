#include <immintrin.h>

#include "measure/ceiling_kernels.hpp"

namespace bitgate {
namespace {

constexpr size_t kVector = 32;
constexpr size_t kLine = 64;
constexpr size_t kAhead = 1024;  // bytes that a stream prefetches ahead
constexpr uint64_t kChains = 12;

uint64_t fold(__m256i sum) {
  alignas(kVector) uint64_t words[kVector / 8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(words), sum);
  uint64_t folded = 0;
  for (const uint64_t word : words) folded ^= word;
  return folded;
}

__m256i load(const char* at) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(at)); }

__m256i load_line(const char* at) { return _mm256_xor_si256(load(at), load(at + kVector)); }

uint64_t read_sequential(const void* data, size_t bytes) {
  const char* at = static_cast<const char*>(data);
  __m256i a = _mm256_setzero_si256();
  __m256i b = a;
  for (const char* end = at + bytes; at < end; at += 2 * kLine) {
    a = _mm256_xor_si256(a, load_line(at));
    b = _mm256_xor_si256(b, load_line(at + kLine));
  }
  return fold(_mm256_xor_si256(a, b));
}

// Four streams side by side keep more of the hardware's prefetchers busy.
uint64_t read_streams(const void* data, size_t bytes) {
  const size_t stride = bytes / 4;
  const char* at = static_cast<const char*>(data);
  __m256i a = _mm256_setzero_si256();
  __m256i b = a;
  for (const char* end = at + stride; at < end; at += kLine) {
    a = _mm256_xor_si256(a, load_line(at));
    b = _mm256_xor_si256(b, load_line(at + stride));
    a = _mm256_xor_si256(a, load_line(at + 2 * stride));
    b = _mm256_xor_si256(b, load_line(at + 3 * stride));
  }
  return fold(_mm256_xor_si256(a, b));
}

uint64_t read_prefetched(const void* data, size_t bytes) {
  const size_t stride = bytes / 4;
  const char* at = static_cast<const char*>(data);
  __m256i a = _mm256_setzero_si256();
  __m256i b = a;
  for (const char* end = at + stride; at < end; at += kLine) {
    for (size_t stream = 0; stream < 4; ++stream) {
      _mm_prefetch(at + stream * stride + kAhead, _MM_HINT_T0);
    }
    a = _mm256_xor_si256(a, load_line(at));
    b = _mm256_xor_si256(b, load_line(at + stride));
    a = _mm256_xor_si256(a, load_line(at + 2 * stride));
    b = _mm256_xor_si256(b, load_line(at + 3 * stride));
  }
  return fold(_mm256_xor_si256(a, b));
}

// The peaks are in assembler, since a compiler folds or spills a loop whose results nobody needs.
// Twelve chains hide the latency; registers are zeroed, since denormal numbers are slow on some
// processors, and zeroed at the end, since dirty upper halves slow down what comes after.
#define BITGATE_PEAK(instruction)                                                                  \
  __asm__ volatile("vzeroall" ::                                                                   \
                       : "ymm0", "ymm1", "ymm2", "ymm3", "ymm4", "ymm5", "ymm6", "ymm7", "ymm8",   \
                         "ymm9", "ymm10", "ymm11", "ymm12", "ymm13");                              \
  for (uint64_t i = 0; i < iterations; ++i) {                                                      \
    __asm__ volatile(".irp chain, 2,3,4,5,6,7,8,9,10,11,12,13\n" instruction                       \
                     " %%ymm1, %%ymm0, %%ymm\\chain\n"                                             \
                     ".endr" ::                                                                    \
                         : "ymm0", "ymm1", "ymm2", "ymm3", "ymm4", "ymm5", "ymm6", "ymm7", "ymm8", \
                           "ymm9", "ymm10", "ymm11", "ymm12", "ymm13");                            \
  }                                                                                                \
  _mm256_zeroupper();                                                                              \
  return iterations

// vpmaddubsw alone: the addition that follows it in a kernel is left out, so that no kernel with
// fewer additions can beat the bound.
uint64_t int8_loop(uint64_t iterations) { BITGATE_PEAK("vpmaddubsw"); }

uint64_t f32_loop(uint64_t iterations) { BITGATE_PEAK("vfmadd231ps"); }

}  // namespace

const CeilingKernels kCeilingAvx2 = {{read_sequential, read_streams, read_prefetched},
                                     {{int8_loop, kChains * 32}, {nullptr, 0}},
                                     {{f32_loop, kChains * 8}, {nullptr, 0}},
                                     {{nullptr, 0}, {nullptr, 0}}};

}  // namespace bitgate

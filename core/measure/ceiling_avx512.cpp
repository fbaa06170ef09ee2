#include <immintrin.h>

#include "measure/ceiling_kernels.hpp"

namespace bitgate {
namespace {

constexpr size_t kVector = 64;
constexpr size_t kPage = 4096;
constexpr size_t kAhead = 2048;  // bytes that the sequential reader prefetches ahead

uint64_t low_bits(__m512i sum) {
  alignas(64) uint64_t words[64 / 8];
  _mm512_store_si512(reinterpret_cast<__m512i*>(words), sum);
  uint64_t folded = 0;
  for (const uint64_t word : words) folded ^= word;
  return folded;
}

uint64_t read_sequential(const void* data, size_t bytes) {
  const char* at = static_cast<const char*>(data);
  __m512i a = _mm512_setzero_si512();
  __m512i b = a;
  __m512i c = a;
  __m512i d = a;
  for (const char* end = at + bytes; at < end; at += 4 * kVector) {
    for (size_t line = 0; line < 4 * kVector; line += 64) _mm_prefetch(at + kAhead + line, _MM_HINT_T0);
    const auto* vectors = reinterpret_cast<const __m512i*>(at);
    a = _mm512_xor_si512(a, _mm512_load_si512(vectors));
    b = _mm512_xor_si512(b, _mm512_load_si512(vectors + 1));
    c = _mm512_xor_si512(c, _mm512_load_si512(vectors + 2));
    d = _mm512_xor_si512(d, _mm512_load_si512(vectors + 3));
  }
  return low_bits(_mm512_xor_si512(_mm512_xor_si512(a, b), _mm512_xor_si512(c, d)));
}

uint64_t read_streams(const void* data, size_t bytes) {
  const size_t stride = bytes / 4 / kPage * kPage;
  const char* at = static_cast<const char*>(data);
  __m512i a = _mm512_setzero_si512();
  __m512i b = a;
  __m512i c = a;
  __m512i d = a;
  for (size_t offset = 0; offset < stride; offset += kVector) {
    a = _mm512_xor_si512(a, _mm512_load_si512(reinterpret_cast<const __m512i*>(at + offset)));
    b = _mm512_xor_si512(b, _mm512_load_si512(reinterpret_cast<const __m512i*>(at + offset + stride)));
    c = _mm512_xor_si512(c, _mm512_load_si512(reinterpret_cast<const __m512i*>(at + offset + 2 * stride)));
    d = _mm512_xor_si512(d, _mm512_load_si512(reinterpret_cast<const __m512i*>(at + offset + 3 * stride)));
  }
  const uint64_t rest = read_sequential(at + 4 * stride, bytes - 4 * stride);
  return rest ^ low_bits(_mm512_xor_si512(_mm512_xor_si512(a, b), _mm512_xor_si512(c, d)));
}

// The empty assembler statements keep the operands from being seen as constant, so that no product
// is hoisted out of the loops; the chains are enough to hide the latency.
uint64_t int8_loop(uint64_t iterations) {
  constexpr int kChains = 24;
  __m512i sums[kChains] = {};
  __m512i weights = _mm512_set1_epi8(1);
  const __m512i values = _mm512_set1_epi8(3);
  for (uint64_t i = 0; i < iterations; ++i) {
    __asm__ volatile("" : "+v"(weights));
    for (auto& sum : sums) sum = _mm512_dpbusd_epi32(sum, weights, values);
  }
  __m512i total = sums[0];
  for (int chain = 1; chain < kChains; ++chain) total = _mm512_xor_si512(total, sums[chain]);
  return low_bits(total);
}

float f32_loop(uint64_t iterations) {
  constexpr int kChains = 12;
  __m512 sums[kChains] = {};
  __m512 weights = _mm512_set1_ps(1.0F);
  const __m512 values = _mm512_set1_ps(0.5F);
  for (uint64_t i = 0; i < iterations; ++i) {
    __asm__ volatile("" : "+v"(weights));
    for (auto& sum : sums) sum = _mm512_fmadd_ps(weights, values, sum);
  }
  __m512 total = sums[0];
  for (int chain = 1; chain < kChains; ++chain) total = _mm512_add_ps(total, sums[chain]);
  return _mm512_cvtss_f32(total);
}

}  // namespace

const CeilingKernels kCeilingAvx512 = {"avx512vnni",  read_sequential, read_streams, int8_loop,
                                     24 * 64, f32_loop,        12 * 16};

}  // namespace bitgate

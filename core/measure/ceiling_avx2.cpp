#include <immintrin.h>

#include "measure/ceiling_kernels.hpp"

namespace bitgate {
namespace {

constexpr size_t kVector = 32;
constexpr size_t kPage = 4096;
constexpr size_t kAhead = 2048;  // bytes that the sequential reader prefetches ahead

uint64_t low_bits(__m256i sum) {
  alignas(32) uint64_t words[32 / 8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(words), sum);
  uint64_t folded = 0;
  for (const uint64_t word : words) folded ^= word;
  return folded;
}

uint64_t read_sequential(const void* data, size_t bytes) {
  const char* at = static_cast<const char*>(data);
  __m256i a = _mm256_setzero_si256();
  __m256i b = a;
  __m256i c = a;
  __m256i d = a;
  for (const char* end = at + bytes; at < end; at += 4 * kVector) {
    for (size_t line = 0; line < 4 * kVector; line += 64) _mm_prefetch(at + kAhead + line, _MM_HINT_T0);
    const auto* vectors = reinterpret_cast<const __m256i*>(at);
    a = _mm256_xor_si256(a, _mm256_load_si256(vectors));
    b = _mm256_xor_si256(b, _mm256_load_si256(vectors + 1));
    c = _mm256_xor_si256(c, _mm256_load_si256(vectors + 2));
    d = _mm256_xor_si256(d, _mm256_load_si256(vectors + 3));
  }
  return low_bits(_mm256_xor_si256(_mm256_xor_si256(a, b), _mm256_xor_si256(c, d)));
}

uint64_t read_streams(const void* data, size_t bytes) {
  const size_t stride = bytes / 4 / kPage * kPage;
  const char* at = static_cast<const char*>(data);
  __m256i a = _mm256_setzero_si256();
  __m256i b = a;
  __m256i c = a;
  __m256i d = a;
  for (size_t offset = 0; offset < stride; offset += kVector) {
    a = _mm256_xor_si256(a, _mm256_load_si256(reinterpret_cast<const __m256i*>(at + offset)));
    b = _mm256_xor_si256(b, _mm256_load_si256(reinterpret_cast<const __m256i*>(at + offset + stride)));
    c = _mm256_xor_si256(c, _mm256_load_si256(reinterpret_cast<const __m256i*>(at + offset + 2 * stride)));
    d = _mm256_xor_si256(d, _mm256_load_si256(reinterpret_cast<const __m256i*>(at + offset + 3 * stride)));
  }
  const uint64_t rest = read_sequential(at + 4 * stride, bytes - 4 * stride);
  return rest ^ low_bits(_mm256_xor_si256(_mm256_xor_si256(a, b), _mm256_xor_si256(c, d)));
}

// The empty assembler statements keep the operands from being seen as constant, so that no product
// is hoisted out of the loops; the chains are enough to hide the latency.
uint64_t int8_loop(uint64_t iterations) {
  constexpr int kChains = 12;
  __m256i sums[kChains] = {};
  __m256i weights = _mm256_set1_epi8(1);
  const __m256i values = _mm256_set1_epi8(3);
  for (uint64_t i = 0; i < iterations; ++i) {
    __asm__ volatile("" : "+x"(weights));
    for (auto& sum : sums) {
      __m256i fresh = values;
      __asm__ volatile("" : "+x"(fresh));
      sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(weights, fresh));
    }
  }
  __m256i total = sums[0];
  for (int chain = 1; chain < kChains; ++chain) total = _mm256_xor_si256(total, sums[chain]);
  return low_bits(total);
}

float f32_loop(uint64_t iterations) {
  constexpr int kChains = 12;
  __m256 sums[kChains] = {};
  __m256 weights = _mm256_set1_ps(1.0F);
  const __m256 values = _mm256_set1_ps(0.5F);
  for (uint64_t i = 0; i < iterations; ++i) {
    __asm__ volatile("" : "+x"(weights));
    for (auto& sum : sums) sum = _mm256_fmadd_ps(weights, values, sum);
  }
  __m256 total = sums[0];
  for (int chain = 1; chain < kChains; ++chain) total = _mm256_add_ps(total, sums[chain]);
  return _mm256_cvtss_f32(total);
}

}  // namespace

const CeilingKernels kCeilingAvx2 = {"avx2",  read_sequential, read_streams, int8_loop,
                                     12 * 32, f32_loop,        12 * 8};

}  // namespace bitgate

#include "measure/ceiling_kernels.hpp"

// For processors without vector kernels here: vectors of 16 bytes, which every compiler turns into
// what its baseline instruction set has.
namespace bitgate {
namespace {

using Short8 = int16_t __attribute__((vector_size(16)));
using Float4 = float __attribute__((vector_size(16)));

constexpr int kChains = 8;

uint64_t read_sequential(const void* data, size_t bytes) {
  const auto* words = static_cast<const uint64_t*>(data);
  uint64_t sums[kChains] = {};
  for (size_t i = 0; i < bytes / sizeof(uint64_t); i += kChains) {
    for (int chain = 0; chain < kChains; ++chain) sums[chain] ^= words[i + chain];
  }
  uint64_t sum = 0;
  for (const uint64_t part : sums) sum ^= part;
  return sum;
}

/// Nobody knows what is in `value` from here on, so nothing is computed ahead.
template <class Vector>
void forget(Vector& value) {
#if defined(__x86_64__)
  __asm__ volatile("" : "+x"(value));
#else
  __asm__ volatile("" : "+w"(value));
#endif
}

template <class Vector>
uint64_t multiply_add(uint64_t iterations) {
  Vector sums[kChains] = {};
  Vector weight = {};
  Vector value = {};
  forget(value);
  for (uint64_t i = 0; i < iterations; ++i) {
    for (Vector& sum : sums) {
      forget(weight);
      sum += weight * value;
    }
  }
  for (Vector& sum : sums) forget(sum);
  return iterations;
}

}  // namespace

// int16 lanes: what ternary codes allow, and the most that a baseline instruction does at once.
const CeilingKernels kCeilingScalar = {{read_sequential, nullptr, nullptr},
                                       {{multiply_add<Short8>, kChains * 8}, {nullptr, 0}},
                                       {{multiply_add<Float4>, kChains * 4}, {nullptr, 0}},
                                       {{nullptr, 0}, {nullptr, 0}}};

}  // namespace bitgate

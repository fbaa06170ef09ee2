#include "measure/ceiling_kernels.hpp"

namespace bitgate {
namespace {

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

uint64_t int8_loop(uint64_t iterations) {
  int32_t sums[kChains] = {};
  int32_t weight = 1;
  int32_t value = 3;
  for (uint64_t i = 0; i < iterations; ++i) {
    __asm__ volatile("" : "+r"(weight), "+r"(value));
    for (int chain = 0; chain < kChains; ++chain) sums[chain] += weight * value;
  }
  uint64_t sum = 0;
  for (const int32_t part : sums) sum += static_cast<uint64_t>(part);
  return sum;
}

float f32_loop(uint64_t iterations) {
  float sums[kChains] = {};
  float weight = 1.0F;
  for (uint64_t i = 0; i < iterations; ++i) {
    __asm__ volatile("" : "+m"(weight));
    for (int chain = 0; chain < kChains; ++chain) sums[chain] += weight * static_cast<float>(chain);
  }
  float sum = 0;
  for (const float part : sums) sum += part;
  return sum;
}

}  // namespace

const CeilingKernels kCeilingScalar = {"scalar",  read_sequential, read_sequential, int8_loop,
                                       kChains,   f32_loop,        kChains};

}  // namespace bitgate

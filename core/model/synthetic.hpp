// Seeded inputs: the same seed gives the same values on every machine, compiler and thread count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bitgate {

enum class Values {
  kTernary,   ///< -s, 0, +s with probability 1/3 each, s = 1/64
  kGaussian,  ///< normal, mean 0, deviation 1/64
};

/// Fills weights. Throughput above 500 MB/s on one core, since gigabytes are made at start-up.
void fill_weights(std::span<float> out, Values values, std::uint64_t seed);

/// Fills int8 activations uniformly over [-128, 127]. `variant` gives independent sets of one seed.
void fill_activations(std::span<std::int8_t> out, std::uint64_t seed, std::uint64_t variant);
/// Fills f32 activations, uniform over [-1, 1).
void fill_activations(std::span<float> out, std::uint64_t seed, std::uint64_t variant);

/// Fills the codes of an I2_S tensor (any layout): half of them 0, a quarter each -1 and +1. Above
/// 1 GB/s on one core. `variant` gives independent sets of one seed.
void fill_i2_s(std::span<std::byte> codes, std::uint64_t seed, std::uint64_t variant);
/// Fills f16 values of magnitudes from 1/64 to 1/32, as fast.
void fill_f16(std::span<std::byte> out, std::uint64_t seed, std::uint64_t variant);

}  // namespace bitgate

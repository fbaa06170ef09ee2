// Seeded inputs: the same seed gives the same values on every machine, compiler and thread count.
#pragma once

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

}  // namespace bitgate

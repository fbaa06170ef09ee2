#include "oracle/half.hpp"

#include <bit>
#include <cmath>

namespace bitgate::oracle {
namespace {

constexpr std::uint32_t kMagnitude = 0x7FFFFFFF;
constexpr std::uint32_t kF32Infinity = 0x7F800000;

/// The upper bits of `bits` after `dropped` low ones, rounded to nearest, ties to even.
std::uint32_t rounded(std::uint32_t bits, unsigned dropped) {
  const std::uint32_t kept = bits >> dropped;
  const std::uint32_t rest = bits & ((1U << dropped) - 1);
  const std::uint32_t half = 1U << (dropped - 1);
  return kept + (rest > half || (rest == half && (kept & 1U) != 0) ? 1 : 0);
}

}  // namespace

std::uint16_t f16_bits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000;
  const std::uint32_t size = bits & kMagnitude;
  constexpr std::uint32_t kInfinity = 0x7C00;
  if (size > kF32Infinity) return static_cast<std::uint16_t>(sign | 0x7E00);
  const unsigned exponent = size >> 23;
  if (exponent >= 113) {
    // Rebias the exponent from 127 to 15; a carry out of the mantissa belongs into it.
    const std::uint32_t normal = exponent > 142 ? kInfinity : rounded(size - (112U << 23), 13);
    return static_cast<std::uint16_t>(sign | normal);
  }
  // Below 2^-14 the unit is 2^-24, and all under half of it is 0.
  if (exponent < 102) return static_cast<std::uint16_t>(sign);
  const std::uint32_t mantissa = (size & 0x7FFFFF) | 0x800000;
  return static_cast<std::uint16_t>(sign | rounded(mantissa, 126 - exponent));
}

std::uint16_t bf16_bits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & kMagnitude) > kF32Infinity) return static_cast<std::uint16_t>(bits >> 16 | 0x40);
  return static_cast<std::uint16_t>(rounded(bits, 16));
}

float f16_value(std::uint16_t bits) {
  const int exponent = bits >> 10 & 0x1F;
  const int mantissa = bits & 0x3FF;
  if (exponent == 0x1F) {
    const std::uint32_t special = kF32Infinity | static_cast<std::uint32_t>(mantissa) << 13;
    return std::bit_cast<float>(special | static_cast<std::uint32_t>(bits & 0x8000) << 16);
  }
  const float size = exponent == 0
                         ? std::ldexp(static_cast<float>(mantissa), -24)
                         : std::ldexp(static_cast<float>(mantissa + 0x400), exponent - 25);
  return (bits & 0x8000) != 0 ? -size : size;
}

float bf16_value(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

}  // namespace bitgate::oracle

// The judge's own codecs: scalar, in plain C++, one rule a function. Rounding rules and layouts are
// those of bitgate/abi.h (quantize) and bitgate/formats.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bitgate::oracle {

enum class Rounding { kTernary, kAbsmean };

/// A matrix of ternary weights: codes -1, 0, +1, row-major, with one scale; or, where a format has
/// a scale for each block of formats::kTqBlock weights, these in `block_scales` (else it is empty,
/// and an encoder of such a format gives every block the one scale).
struct Ternary {
  std::uint64_t rows = 0;
  std::uint64_t cols = 0;
  std::vector<std::int8_t> codes;
  float scale = 0;
  std::vector<float> block_scales = {};
};

/// A matrix of int8 codes with one scale for each row.
struct Int8 {
  std::uint64_t rows = 0;
  std::uint64_t cols = 0;
  std::vector<std::int8_t> codes;
  std::vector<float> scales;
};

/// The scale that the rule gives for these weights, of which there is at least one.
float ternary_scale(std::span<const float> weights, Rounding rounding);
/// The codes for a given scale (kTernary does not look at it).
std::vector<std::int8_t> ternary_codes(std::span<const float> weights, float scale,
                                       Rounding rounding);

/// Quantizes a matrix. Throws std::invalid_argument if `weights` or `values` has another size than
/// rows x cols, or is empty, or holds NaN or an infinity.
Ternary quantize_ternary(std::span<const float> weights, std::uint64_t rows, std::uint64_t cols,
                         Rounding rounding);
Int8 quantize_i8(std::span<const float> values, std::uint64_t rows, std::uint64_t cols);

/// Canonical bytes and back; registry.hpp has all ternary formats. Both ways throw
/// std::invalid_argument for a wrong size or number of scales, an illegal code, a scale that is
/// negative or not finite, or a shape that the format can't hold; the message names the first
/// offending element. Padding is written as zeros and not read.
std::vector<std::byte> encode_i2_s(const Ternary& weights);
Ternary decode_i2_s(std::span<const std::byte> bytes, std::uint64_t rows, std::uint64_t cols);
std::vector<std::byte> encode_i8(const Int8& values);
Int8 decode_i8(std::span<const std::byte> bytes, std::uint64_t rows, std::uint64_t cols);

/// f16 or bf16, to nearest, and back; half.hpp has the rules.
std::vector<std::byte> encode_half(std::string_view format, std::span<const float> values);
std::vector<float> decode_half(std::string_view format, std::span<const std::byte> bytes);

/// code * scale, in f32.
std::vector<float> dequantize(const Ternary& weights);

/// Normalised mean square error: sum (x - y)^2 / sum x^2; 0 for two all-zero inputs, infinite if
/// only x is all zero. Accumulated in double. Throws std::invalid_argument for different sizes.
double nmse(std::span<const float> x, std::span<const float> y);
/// sum x y / sqrt(sum x^2 sum y^2); 1 for two all-zero inputs, 0 if only one is. In double.
double cosine(std::span<const float> x, std::span<const float> y);
/// The largest |x - y|. Throws, as cosine, std::invalid_argument for different sizes.
double max_abs_difference(std::span<const float> x, std::span<const float> y);

}  // namespace bitgate::oracle

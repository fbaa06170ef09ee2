// Tensor formats: each id names one exact layout of bytes. These are the layouts in which host and
// plugin exchange tensors; a backend may store a tensor as it likes.
//
// A tensor here is a matrix of `rows` x `cols`, row-major, little-endian. Ternary formats hold
// codes for weights -1, 0, +1 and one or more scales; formats/ describes those with more to them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <bitgate/formats/i2_s.hpp>
#include <bitgate/formats/tl.hpp>
#include <bitgate/formats/tq.hpp>

namespace bitgate::formats {

/// f32: rows*cols IEEE-754 binary32.
inline constexpr std::string_view kF32 = "f32";

/// f16: rows*cols IEEE-754 binary16. Quantized by rounding to nearest, ties to even.
inline constexpr std::string_view kF16 = "f16";

/// bf16: rows*cols upper halves of binary32. Quantized by rounding to nearest, ties to even.
inline constexpr std::string_view kBF16 = "bf16";

/// i32: rows*cols two's-complement int32; accumulators of integer matmul.
inline constexpr std::string_view kI32 = "i32";

/// i8: rows*cols int8 codes, then `rows` f32 scales: value = code * scale[row].
/// Quantized by absmax, each row by itself, in f32 arithmetic: m = max(max|x|, 1e-5),
/// scale = m / 127, code = round-half-even(x * (127 / m)).
/// Source: BitNet b1.58's per-token activations (arXiv 2402.17764).
inline constexpr std::string_view kI8 = "i8";

/// t8: rows*cols int8 codes -1, 0, +1, then one f32 scale: value = code * scale. The plainest
/// ternary format, which every backend with ternary weights takes.
inline constexpr std::string_view kT8 = "t8";

/// All ternary formats.
inline constexpr std::array<std::string_view, 8> kTernary = {kT8,  kI2S, kI2SArm, kI2S4Row,
                                                             kTl1, kTl2, kTq1,    kTq2};

constexpr bool is_ternary(std::string_view format) {
  for (const std::string_view ternary : kTernary) {
    if (format == ternary) return true;
  }
  return false;
}

/// f32, f16, bf16.
constexpr bool is_float(std::string_view format) {
  return format == kF32 || format == kF16 || format == kBF16;
}

constexpr bool is_known(std::string_view format) {
  return is_ternary(format) || is_float(format) || format == kI32 || format == kI8;
}

/// What rows and columns must be multiples of.
struct Multiples {
  std::uint64_t rows = 1;
  std::uint64_t cols = 1;
};
constexpr Multiples multiples(std::string_view format) {
  if (format == kI2S) return {1, kI2SBlock};
  if (format == kI2SArm) return {1, kI2SArmBlock};
  if (format == kI2S4Row) return {4, 1};
  if (format == kTq1 || format == kTq2) return {1, kTqBlock};
  return {};
}

/// Exact size in bytes of a tensor, or nothing if the format is unknown or can't hold the shape.
constexpr std::optional<std::uint64_t> byte_size(std::string_view format, std::uint64_t rows,
                                                 std::uint64_t cols) {
  std::uint64_t count = 0;
  if (rows == 0 || cols == 0 || __builtin_mul_overflow(rows, cols, &count) ||
      count > (std::uint64_t{1} << 48)) {
    return std::nullopt;
  }
  const Multiples must = multiples(format);
  if (rows % must.rows != 0 || cols % must.cols != 0) return std::nullopt;
  if (format == kF32 || format == kI32) return count * 4;
  if (format == kF16 || format == kBF16) return count * 2;
  if (format == kI8) return count + rows * 4;
  if (format == kT8) return count + 4;
  if (format == kI2S || format == kI2SArm || format == kI2S4Row) return count / 4 + kScaleTail;
  if (format == kTl1) return rows * tl1_row_bytes(cols) + kScaleTail;
  if (format == kTl2) return rows * (tl2_magnitude_bytes(cols) + tl2_sign_bytes(cols)) + kScaleTail;
  if (format == kTq1) return count / kTqBlock * kTq1Bytes;
  if (format == kTq2) return count / kTqBlock * kTq2Bytes;
  return std::nullopt;
}

/// Why `byte_size` gives nothing, for people: "i2_s can't hold 16x100: columns must be a multiple
/// of 128". Empty if it gives a size.
inline std::string why_not(std::string_view format, std::uint64_t rows, std::uint64_t cols) {
  if (!is_known(format)) return "no format '" + std::string(format) + "'";
  if (byte_size(format, rows, cols)) return {};
  const std::string what =
      std::string(format) + " can't hold " + std::to_string(rows) + "x" + std::to_string(cols);
  if (rows == 0 || cols == 0) return what + ": a tensor has at least one row and one column";
  const Multiples must = multiples(format);
  if (cols % must.cols != 0) {
    return what + ": columns must be a multiple of " + std::to_string(must.cols);
  }
  if (rows % must.rows != 0) {
    return what + ": rows must be a multiple of " + std::to_string(must.rows);
  }
  return what + ": more than 2^48 elements";
}

}  // namespace bitgate::formats

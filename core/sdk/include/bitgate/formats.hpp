// Tensor formats: each id names one exact layout of bytes. These are the layouts in which host and
// plugin exchange tensors; a backend may store a tensor as it likes.
//
// A tensor here is a matrix of `rows` x `cols`, row-major, little-endian.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bitgate::formats {

/// f32: rows*cols IEEE-754 binary32.
inline constexpr std::string_view kF32 = "f32";

/// i32: rows*cols two's-complement int32; accumulators of integer matmul.
inline constexpr std::string_view kI32 = "i32";

/// i8: rows*cols int8 codes, then `rows` f32 scales: value = code * scale[row].
/// Quantized by absmax, each row by itself, in f32 arithmetic: m = max(max|x|, 1e-5),
/// scale = m / 127, code = round-half-even(x * (127 / m)).
/// Source: BitNet b1.58's per-token activations (arXiv 2402.17764).
inline constexpr std::string_view kI8 = "i8";

/// i2_s: ternary weights as bitnet.cpp stores them for x86 (its ACT_PARALLEL layout).
/// Code = w + 1 (0: -1, 1: 0, 2: +1; 3 is illegal), four codes a byte, first group in the high
/// bits, blocks of 128 weights over the flattened tensor:
///
///   byte p of block b, p = 0 … 31        element of the block, at 128 b +
///     bit 7 6 | 5 4    | 3 2    | 1 0
///     w[p]    | w[32+p]| w[64+p]| w[96+p]
///
///   tensor: [ rows*cols/4 code bytes ][ f32 scale ][ 28 zero bytes ]      value = (code - 1) *
///   scale
///
/// cols is a multiple of 128, since kernels walk whole blocks row by row.
/// Source: microsoft/BitNet, src/ggml-bitnet-mad.cpp and utils/convert-hf-to-gguf-bitnet.py.
inline constexpr std::string_view kI2S = "i2_s";

inline constexpr std::uint64_t kI2SBlock = 128;
inline constexpr std::uint64_t kI2STail = 32;  // scale and padding

/// Exact size in bytes of a tensor, or nothing if the format is unknown or can't hold the shape.
constexpr std::optional<std::uint64_t> byte_size(std::string_view format, std::uint64_t rows,
                                                 std::uint64_t cols) {
  std::uint64_t count = 0;
  if (rows == 0 || cols == 0 || __builtin_mul_overflow(rows, cols, &count) ||
      count > (std::uint64_t{1} << 48)) {
    return std::nullopt;
  }
  if (format == kF32 || format == kI32) return count * 4;
  if (format == kI8) return count + rows * 4;
  if (format == kI2S && cols % kI2SBlock == 0) return count / 4 + kI2STail;
  return std::nullopt;
}

}  // namespace bitgate::formats

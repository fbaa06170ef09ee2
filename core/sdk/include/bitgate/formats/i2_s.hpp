// i2_s: ternary weights at two bits each, as bitnet.cpp stores them, in its three variants.
#pragma once

#include <cstdint>
#include <string_view>

namespace bitgate::formats {

/// i2_s: bitnet.cpp's layout for x86 (its ACT_PARALLEL build).
/// Code = w + 1 (0: -1, 1: 0, 2: +1; 3 is illegal), four codes a byte, first group in the high
/// bits, blocks of 128 weights over the flattened tensor:
///
///   byte p of block b, p = 0 … 31        element of the block, at 128 b +
///     bit 7 6 | 5 4    | 3 2    | 1 0
///     w[p]    | w[32+p]| w[64+p]| w[96+p]
///
///   tensor: [ rows*cols/4 code bytes ][ f32 scale ][ 28 zero bytes ]
///   value = (code - 1) * scale
///
/// cols is a multiple of 128, since kernels walk whole blocks row by row.
/// Source: microsoft/BitNet, src/ggml-bitnet-mad.cpp and utils/convert-hf-to-gguf-bitnet.py.
inline constexpr std::string_view kI2S = "i2_s";
inline constexpr std::uint64_t kI2SBlock = 128;

/// i2_s/arm: the same codes in blocks of 64 weights, which is what bitnet.cpp's NEON build reads.
///
///   byte p of block b, p = 0 … 15        element of the block, at 64 b +
///     bit 7 6 | 5 4    | 3 2    | 1 0
///     w[p]    | w[16+p]| w[32+p]| w[48+p]
///
/// Tail as i2_s; cols is a multiple of 64. Bytes of one variant read as another give weights of
/// the right statistics in the wrong order, which is why each has its own id.
inline constexpr std::string_view kI2SArm = "i2_s/arm";
inline constexpr std::uint64_t kI2SArmBlock = 64;

/// i2_s/4row: the same codes with four rows in a byte, bitnet.cpp's x86 build without ACT_PARALLEL.
///
///   byte at (r/4) * cols + c:   bit 7 6 = row 4 (r/4) | 5 4 = the next | 3 2 | 1 0, all column c
///
/// Tail as i2_s; rows is a multiple of 4.
inline constexpr std::string_view kI2S4Row = "i2_s/4row";

/// Behind the codes of i2_s and its variants, of tl1 and of tl2: f32 scale and 28 zero bytes.
inline constexpr std::uint64_t kScaleTail = 32;

}  // namespace bitgate::formats

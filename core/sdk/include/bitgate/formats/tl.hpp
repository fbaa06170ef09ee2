// tl1 and tl2: ternary weights in pairs and triples, as bitnet.cpp's table-lookup kernels code
// them. Its files hold these codes in tiles whose sizes come from a side file of the build that
// wrote them; the layouts here are row by row and depend on the shape alone.
#pragma once

#include <cstdint>
#include <string_view>

namespace bitgate::formats {

/// tl1: four bits for two weights. Code of a pair = 3 w0 + w1 + 4 in 0 … 8; 9 … 15 are illegal.
///
///   byte i of row r, i = 0 … ceil(cols/4)-1:
///     bit 7 6 5 4          | 3 2 1 0
///     pair w[4i], w[4i+1]  | pair w[4i+2], w[4i+3]
///
///   tensor: [ rows * ceil(cols/4) code bytes ][ f32 scale ][ 28 zero bytes ]
///
/// Any cols: weights behind a row's end are 0.
/// Source: microsoft/BitNet, utils/codegen_tl1.py and utils/convert-hf-to-gguf-bitnet.py.
inline constexpr std::string_view kTl1 = "tl1";

/// tl2: five bits for three weights. Value v = 9 w0 + 3 w1 + w2 in -13 … 13, its magnitude in four
/// bits (14 and 15 are illegal) and its sign in a plane of its own (1: negative; illegal with
/// magnitude 0).
///
///   T = ceil(cols/3) triples a row
///   magnitude byte i of a row, i = 0 … ceil(T/2)-1:   bit 7 6 5 4     | 3 2 1 0
///                                                     triple 2i       | triple 2i+1
///   sign byte i of a row, i = 0 … ceil(T/8)-1:        bit 7 = triple 8i … bit 0 = triple 8i+7
///
///   tensor: [ rows * ceil(T/2) magnitude bytes ][ rows * ceil(T/8) sign bytes ]
///           [ f32 scale ][ 28 zero bytes ]
///
/// Any cols: weights behind a row's end are 0, and so are the bits of triples behind it.
/// Source: microsoft/BitNet, utils/codegen_tl2.py and utils/convert-hf-to-gguf-bitnet.py, whose
/// rows end in pairs where a tile is no multiple of three; here the last triple is filled up.
inline constexpr std::string_view kTl2 = "tl2";

constexpr std::uint64_t tl1_row_bytes(std::uint64_t cols) { return (cols + 3) / 4; }
constexpr std::uint64_t tl2_triples(std::uint64_t cols) { return (cols + 2) / 3; }
constexpr std::uint64_t tl2_magnitude_bytes(std::uint64_t cols) {
  return (tl2_triples(cols) + 1) / 2;
}
constexpr std::uint64_t tl2_sign_bytes(std::uint64_t cols) { return (tl2_triples(cols) + 7) / 8; }

}  // namespace bitgate::formats

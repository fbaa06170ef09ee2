// tq1_0 and tq2_0: ggml's ternary blocks of 256 weights, each with an f16 scale d of its own.
// Blocks follow each other row by row; cols is a multiple of 256. value = (code - 1) * d,
// code = w + 1. Source: ggml-org/ggml, src/ggml-common.h and src/ggml-quants.c.
#pragma once

#include <cstdint>
#include <string_view>

namespace bitgate::formats {

inline constexpr std::uint64_t kTqBlock = 256;

/// tq1_0: five codes a byte, 1.6875 bits a weight.
///
///   block: [ qs, 48 bytes ][ qh, 4 bytes ][ f16 d ]                              54 bytes
///     qs[m],    m = 0 … 31:  elements m, 32+m, 64+m, 96+m, 128+m
///     qs[32+m], m = 0 … 15:  elements 160+m, 176+m, 192+m, 208+m, 224+m
///     qh[j],    j = 0 … 3:   elements 240+j, 244+j, 248+j, 252+j, and a code 0
///
///   byte of codes t0 … t4: ceil(256 v / 243), v = 81 t0 + 27 t1 + 9 t2 + 3 t3 + t4
///   code n of a byte q: (3 * (q * 3^n mod 256)) >> 8
///
/// The 13 bytes that no five codes give are illegal, and so is qh with a fifth code.
inline constexpr std::string_view kTq1 = "tq1_0";
inline constexpr std::uint64_t kTq1Bytes = 54;

/// tq2_0: four codes a byte, 2.0625 bits a weight.
///
///   block: [ qs, 64 bytes ][ f16 d ]                                             66 bytes
///     qs[32 h + m], h = 0, 1, m = 0 … 31:
///       bit 1 0 = element 128 h + m        bit 3 2 = element 128 h + 32 + m
///       bit 5 4 = element 128 h + 64 + m   bit 7 6 = element 128 h + 96 + m
///
/// First group in the low bits, unlike i2_s. Code 3 is illegal here, though ggml reads it as +2.
inline constexpr std::string_view kTq2 = "tq2_0";
inline constexpr std::uint64_t kTq2Bytes = 66;

}  // namespace bitgate::formats

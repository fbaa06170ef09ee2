// What the AVX-512 kernels of both kinds of tiles share: vpdpbusd adds four products of unsigned
// codes and signed activations to each int32 lane, so nothing can wrap on the way. A tile is two
// registers, halves of 16 rows. For the files of kernels alone: each gets functions of its own.
#pragma once

#include <immintrin.h>

#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

inline constexpr size_t kHalf = 64;  // bytes of a tile in one register
// A lane of the fourth field grows by at most 64 * 2 * 4 * 128 = 2^16 a tile.
inline constexpr size_t kTilesPerFlush = 16384;

inline __m512i load(const uint8_t* at) {
  return _mm512_load_si512(reinterpret_cast<const void*>(at));
}

inline __m512i broadcast4(const int8_t* x) {
  int32_t word = 0;
  __builtin_memcpy(&word, x, sizeof(word));
  return _mm512_set1_epi32(word);
}

/// vpdpbusd in assembler: from the intrinsic GCC makes two copies of the sums each time, for which
/// a loop with two dozen of them has no registers left.
inline __attribute__((always_inline)) void accumulate(__m512i& sums, __m512i codes,
                                                      __m512i activations) {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(codes), "v"(activations));
}

/// Sums of the four fields where they lie are 1, 4, 16 and 64 times too large, exactly.
inline __m512i fold_fields(const __m512i* fields) {
  const __m512i low = _mm512_add_epi32(fields[0], _mm512_srai_epi32(fields[1], 2));
  const __m512i high =
      _mm512_add_epi32(_mm512_srai_epi32(fields[2], 4), _mm512_srai_epi32(fields[3], 6));
  return _mm512_add_epi32(low, high);
}

/// Sums of one half of a group to memory, less what the codes' offset of one has added.
inline void store_half(__m512i sums, int32_t x_sum, size_t rows, int32_t* y) {
  const __mmask16 mask = static_cast<__mmask16>(rows >= 16 ? 0xFFFFU : (1U << rows) - 1);
  _mm512_mask_storeu_epi32(y, mask, _mm512_sub_epi32(sums, _mm512_set1_epi32(x_sum)));
}

inline void store_rows(__m512i low, __m512i high, int32_t x_sum, size_t rows, int32_t* y) {
  store_half(low, x_sum, rows, y);
  if (rows > 16) store_half(high, x_sum, rows - 16, y + 16);
}

/// A group times C activation rows, taken apart on the way: what splits the codes has room between
/// the multiplications, which are many more. `Tile` has kQuads and a type Half, made of 64 bytes,
/// whose quad(0), quad(1), … in this order are 64 codes each. C are constants: an accumulator whose
/// index is known while the compiler still splits arrays up stays in its register.
template <class Tile, int... C>
struct Panel {
  static constexpr int kWidth = sizeof...(C);

  static void multiply(const uint8_t* at, size_t tile_count, size_t rows, const int8_t* panel,
                       const int32_t* x_sums, int32_t* y, size_t stride) {
    const Tile tile;
    __m512i low[kWidth] = {((void)C, _mm512_setzero_si512())...};
    __m512i high[kWidth] = {((void)C, _mm512_setzero_si512())...};
    for (; tile_count > 0; --tile_count, at += kTileBytes) {
      typename Tile::Half upper = tile.half(load(at));
      typename Tile::Half lower = tile.half(load(at + kHalf));
#pragma GCC unroll 5
      for (int quad = 0; quad < Tile::kQuads; ++quad, panel += 4 * kWidth) {
        const __m512i first = upper.quad(quad);
        const __m512i second = lower.quad(quad);
        __m512i four;
        ((four = broadcast4(panel + 4 * C), accumulate(low[C], first, four),
          accumulate(high[C], second, four)),
         ...);
      }
    }
    (store_rows(low[C], high[C], x_sums[C], rows, y + C * stride), ...);
  }
};

template <class Tile>
void gemm(const uint8_t* tiles, size_t tile_count, size_t rows, const int8_t* panel, size_t width,
          const int32_t* x_sums, int32_t* y, size_t stride) {
  switch (width) {
    case 12:
      return Panel<Tile, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11>::multiply(tiles, tile_count, rows,
                                                                         panel, x_sums, y, stride);
    case 8:
      return Panel<Tile, 0, 1, 2, 3, 4, 5, 6, 7>::multiply(tiles, tile_count, rows, panel, x_sums,
                                                           y, stride);
    default:
      return Panel<Tile, 0, 1, 2, 3>::multiply(tiles, tile_count, rows, panel, x_sums, y, stride);
  }
}

/// A group to quads.
template <class Tile>
void unpack(const uint8_t* group, size_t tile_count, uint8_t* quads) {
  const Tile tile;
  for (size_t i = 0; i < 2 * tile_count; ++i, group += kHalf) {
    typename Tile::Half half = tile.half(load(group));
    uint8_t* to = quads + i / 2 * Tile::kQuads * kQuadBytes + i % 2 * kHalf;
#pragma GCC unroll 5
    for (int quad = 0; quad < Tile::kQuads; ++quad) {
      _mm512_store_si512(to + quad * kQuadBytes, half.quad(quad));
    }
  }
}

}  // namespace
}  // namespace cpu_simd

// Products of many rows of activations on tensor cores: the same sums as ternary.hpp's.
//
// A warp computes 16 rows of weights with kTileCols rows of activations. What a step multiplies is
// the tile of PTX's mma.m16n8k32: of 16 x 32 codes lane 4g + t holds four words of four bytes, of
// rows g and g + 8, at places t and t + 4 of eight; of 32 x 8 activations two words, of row g.
// Which column is at which place is free, as long as both agree: here a lane takes the 16 columns
// of the word t of a quad, so that it loads one word of each of its rows of weights, and the
// activations as they lie in memory.
#pragma once

#include "kernels/ternary.hpp"

namespace bg_cuda {

inline constexpr std::uint32_t kWarp = 32;
inline constexpr std::uint32_t kMmaRows = 16;  ///< of weights in a tile
inline constexpr std::uint32_t kMmaCols = 8;   ///< rows of activations in a tile
inline constexpr std::uint32_t kMmaTiles = 4;  ///< side by side, for each load of weights
inline constexpr std::uint32_t kTileCols = kMmaCols * kMmaTiles;
inline constexpr std::uint32_t kQuadCols = kQuad * kWordCodes;

/// Rows of activations that a lane loads; those beyond the last are the last one again.
BG_DEVICE const std::uint32_t* activation_words(const TernaryOperands& in, std::uint32_t b,
                                                std::uint32_t col) {
  const std::size_t row = b < in.batch ? b : in.batch - 1;
  return reinterpret_cast<const std::uint32_t*>(in.x + row * in.chunks * kChunk + col);
}

/// Of one chunk: sums[tile] is the lane's part of a tile, rows g, g, g + 8, g + 8 and columns 2t,
/// 2t + 1.
BG_DEVICE void mma_chunk(const TernaryOperands& in, std::uint32_t row, std::uint32_t first,
                         std::uint32_t chunk, std::int32_t (*sums)[4]) {
  const std::uint32_t group = thread_x() / 4;
  const std::uint32_t place = thread_x() % 4;
  const std::uint32_t words = in.chunks * kChunk / kWordCodes;
  for (std::uint32_t quad = 0; quad < kChunk / kQuadCols; ++quad) {
    const std::uint32_t col = chunk * kChunk + quad * kQuadCols + place * kWordCodes;
    const std::uint32_t upper = in.w[word_index(row + group, col / kWordCodes, words)];
    const std::uint32_t lower = in.w[word_index(row + group + 8, col / kWordCodes, words)];
    for (std::uint32_t tile = 0; tile < kMmaTiles; ++tile) {
      if (first + tile * kMmaCols >= in.batch) break;  // for all threads of the block
      const Words4 x = load4(activation_words(in, first + tile * kMmaCols + group, col));
      for (std::uint32_t half = 0; half < 2; ++half) {
        const std::uint32_t shift = 4 * half;
        const std::uint32_t codes[4] = {upper >> shift & 0x03030303U, lower >> shift & 0x03030303U,
                                        upper >> (shift + 2) & 0x03030303U,
                                        lower >> (shift + 2) & 0x03030303U};
        multiply_tiles(codes, &x.word[2 * half], sums[tile]);
      }
    }
  }
}

/// y[b][m] = sum of w[m][k] x[b][k]. Grid: blocks of kBlockRows rows, kTileCols rows of
/// activations; threads kWarp x kBlockRows / kMmaRows.
template <class Kind>
BG_KERNEL ternary_mma(TernaryOperands in, typename Kind::Result* y) {
  const std::uint32_t row = block_x() * kBlockRows + thread_y() * kMmaRows;
  const std::uint32_t first = block_y() * kTileCols;
  const std::uint32_t my_row = row + thread_x() / 4;
  const std::uint32_t my_col = first + thread_x() % 4 * 2;
  typename Kind::Total total[kMmaTiles][4] = {};
  for (std::uint32_t chunk = 0; chunk < in.chunks; ++chunk) {
    std::int32_t sums[kMmaTiles][4] = {};
    mma_chunk(in, row, first, chunk, sums);
    for (std::uint32_t tile = 0; tile < kMmaTiles; ++tile) {
      for (std::uint32_t i = 0; i < 4; ++i) {
        const std::uint32_t b = my_col + tile * kMmaCols + i % 2;
        if (b >= in.batch) continue;
        const std::int32_t shift = in.sums[static_cast<std::size_t>(b) * in.chunks + chunk];
        total[tile][i] += Kind::part(sums[tile][i] - shift, in, my_row + i / 2 * 8, chunk);
      }
    }
  }
  for (std::uint32_t tile = 0; tile < kMmaTiles; ++tile) {
    for (std::uint32_t i = 0; i < 4; ++i) {
      const std::uint32_t b = my_col + tile * kMmaCols + i % 2;
      const std::uint32_t m = my_row + i / 2 * 8;
      if (b >= in.batch || m >= in.rows) continue;
      y[static_cast<std::size_t>(b) * in.rows + m] = Kind::result(total[tile][i], in, b);
    }
  }
}

}  // namespace bg_cuda

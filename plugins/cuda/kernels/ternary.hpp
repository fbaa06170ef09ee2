// Products of ternary weights and int8 activations.
//
// A word of weights holds 16 codes w + 1 of one row, two bits each: the code of column 4j + b in
// bits 8b + 2j. One shift and one mask then give the codes of four neighbouring columns as four
// bytes, which a dp4a takes with four activations as they lie in memory. sum(w x) = sum(code x) -
// sum(x), with sum(x) kept for each chunk of 128 columns.
#pragma once

#include "arguments.hpp"
#include "kernels/portable.hpp"

namespace bg_cuda {

inline constexpr std::uint32_t kChunk = 128;  ///< columns that rows are padded to
inline constexpr std::uint32_t kWordCodes = 16;
inline constexpr std::uint32_t kQuad = 4;          ///< words that a thread loads at once
inline constexpr std::uint32_t kBlockRows = 64;    ///< rows of a block of threads
inline constexpr std::uint32_t kSlices = 4;        ///< threads that share a row
inline constexpr std::uint32_t kScaleBlock = 256;  ///< columns with a scale of their own, where so
inline constexpr std::uint32_t kMostTile = 4;      ///< rows of activations that are read at once

/// Place of a word: quads of kBlockRows rows lie beside each other.
BG_DEVICE std::size_t word_index(std::size_t row, std::size_t word, std::size_t words) {
  return ((row / kBlockRows * (words / kQuad) + word / kQuad) * kBlockRows + row % kBlockRows) *
             kQuad +
         word % kQuad;
}
BG_DEVICE std::uint32_t code_shift(std::uint32_t col) { return 8 * (col % 4) + col / 4 % 4 * 2; }

BG_DEVICE float block_scale(const TernaryOperands& in, std::size_t row, std::uint32_t chunk) {
  const std::size_t blocks = in.chunks * kChunk / kScaleBlock;
  return of_f16(
      static_cast<const std::uint16_t*>(in.w_scales)[row * blocks + chunk * kChunk / kScaleBlock]);
}

/// What becomes of the sums: int32 as they are, f32 with one scale of w, or f32 with one for each
/// block.
struct Plain {
  using Total = std::int32_t;
  using Result = std::int32_t;
  static BG_DEVICE Total part(std::int32_t sum, const TernaryOperands&, std::size_t,
                              std::uint32_t) {
    return sum;
  }
  static BG_DEVICE Result result(Total total, const TernaryOperands&, std::size_t) { return total; }
};
struct Scaled {
  using Total = std::int32_t;
  using Result = float;
  static BG_DEVICE Total part(std::int32_t sum, const TernaryOperands&, std::size_t,
                              std::uint32_t) {
    return sum;
  }
  static BG_DEVICE Result result(Total total, const TernaryOperands& in, std::size_t b) {
    return static_cast<float>(total) * (static_cast<const float*>(in.w_scales)[0] * in.x_scales[b]);
  }
};
struct BlockScaled {
  using Total = float;
  using Result = float;
  static BG_DEVICE Total part(std::int32_t sum, const TernaryOperands& in, std::size_t row,
                              std::uint32_t chunk) {
    return static_cast<float>(sum) * block_scale(in, row, chunk);
  }
  static BG_DEVICE Result result(Total total, const TernaryOperands& in, std::size_t b) {
    return total * in.x_scales[b];
  }
};

/// Of one chunk, for Tile rows of activations.
template <std::uint32_t Tile>
BG_DEVICE void chunk_sums(const TernaryOperands& in, std::uint32_t row, std::uint32_t tile,
                          std::uint32_t chunk, std::int32_t* sums) {
  const std::uint32_t words = in.chunks * kChunk / kWordCodes;
  for (std::uint32_t quad = 0; quad < kChunk / kWordCodes / kQuad; ++quad) {
    const std::uint32_t first = chunk * (kChunk / kWordCodes) + quad * kQuad;
    const Words4 four = load4(in.w + word_index(row, first, words));
    for (std::uint32_t t = 0; t < Tile; ++t) {
      const std::size_t at = (static_cast<std::size_t>(tile) + t) * in.chunks * kChunk +
                             static_cast<std::size_t>(first) * kWordCodes;
      for (std::uint32_t i = 0; i < kQuad; ++i) {
        const Words4 x = load4(reinterpret_cast<const std::uint32_t*>(in.x + at + i * kWordCodes));
        for (std::uint32_t j = 0; j < 4; ++j) {
          sums[t] = dot4(four.word[i] >> (2 * j) & 0x03030303U, x.word[j], sums[t]);
        }
      }
    }
  }
}

/// y[b][m] = sum of w[m][k] x[b][k], Tile rows of x at once. Grid: blocks of kBlockRows rows,
/// tiles; threads kBlockRows x kSlices.
template <class Kind, std::uint32_t Tile>
BG_KERNEL ternary_matmul(TernaryOperands in, typename Kind::Result* y) {
  BG_SHARED(typename Kind::Total, shared, kSlices * kBlockRows);
  const std::uint32_t row = block_x() * kBlockRows + thread_x();
  const std::uint32_t tile = block_y() * Tile;
  typename Kind::Total total[Tile] = {};
  for (std::uint32_t chunk = thread_y(); chunk < in.chunks; chunk += kSlices) {
    std::int32_t sums[Tile] = {};
    chunk_sums<Tile>(in, row, tile, chunk, sums);
    for (std::uint32_t t = 0; t < Tile; ++t) {
      const std::int32_t shift = in.sums[(static_cast<std::size_t>(tile) + t) * in.chunks + chunk];
      total[t] += Kind::part(sums[t] - shift, in, row, chunk);
    }
  }
  // The slices of a row meet in shared memory, one row of activations after the other.
  for (std::uint32_t t = 0; t < Tile; ++t) {
    shared[thread_y() * kBlockRows + thread_x()] = total[t];
    block_sync();
    for (std::uint32_t s = 1; s < kSlices; ++s) {
      if (thread_y() == 0) total[t] += shared[s * kBlockRows + thread_x()];
    }
    block_sync();
    if (thread_y() == 0 && row < in.rows && tile + t < in.batch) {
      y[(static_cast<std::size_t>(tile) + t) * in.rows + row] =
          Kind::result(total[t], in, tile + t);
    }
  }
}

/// Values, one thread each. Grid: rows, columns; threads kBlockRows.
BG_KERNEL dequantize_ternary(const std::uint32_t* w, const void* scales, std::uint32_t has_blocks,
                             std::uint32_t rows, std::uint32_t cols, std::uint32_t words,
                             float* y) {
  const std::uint32_t col = block_y() * threads() + thread_x();
  const std::uint32_t row = block_x();
  if (row >= rows || col >= cols) return;
  const std::uint32_t code = w[word_index(row, col / kWordCodes, words)] >> code_shift(col) & 3U;
  const std::size_t at = static_cast<std::size_t>(row) * cols + col;
  const float scale = has_blocks != 0
                          ? of_f16(static_cast<const std::uint16_t*>(scales)[at / kScaleBlock])
                          : static_cast<const float*>(scales)[0];
  y[at] = (static_cast<float>(code) - 1.0F) * scale;
}

}  // namespace bg_cuda

// Rows of codes, a byte each (0, 1, 2), to and from tiles; kernel_table.hpp draws them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernel_table.hpp"

namespace cpu_simd {

inline constexpr std::size_t kSlabRows = 8;  // rows that are packed together; divides kGroupRows
inline constexpr std::uint8_t kZeroCode = 1;

constexpr std::size_t tiles_for(std::size_t cols, const TileKernels& tile) {
  return (cols + tile.columns - 1) / tile.columns;
}
/// Bytes of all tiles of a tensor.
constexpr std::size_t tile_bytes(std::size_t rows, std::size_t cols, const TileKernels& tile) {
  return (rows + kGroupRows - 1) / kGroupRows * tiles_for(cols, tile) * kTileBytes;
}
/// Bytes of one group, unpacked.
constexpr std::size_t quad_bytes(std::size_t cols, const TileKernels& tile) {
  return tiles_for(cols, tile) * tile.columns / 4 * kQuadBytes;
}

/// Rows [row, row + kSlabRows) of a tensor into its tiles, row being a multiple of kSlabRows. Row i
/// of them is at codes + i * stride and has tiles_for(cols) whole tiles of codes.
void pack_slab(const std::uint8_t* codes, std::size_t stride, std::size_t row,
               std::size_t tile_count, const TileKernels& tile, std::uint8_t* tiles);

/// Row `row` (0 … 31) of an unpacked group, cols codes.
void row_of_quads(const std::uint8_t* quads, std::size_t row, std::size_t cols,
                  std::uint8_t* codes);

}  // namespace cpu_simd

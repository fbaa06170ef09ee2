// Between i2_s as it travels (canonical) and as the vector kernels want it (tiles); both layouts
// are drawn in bitgate/formats.hpp and kernel_table.hpp. Codes only, no scale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace cpu_simd {

/// Bytes of `rows` x `cols` codes in tiles; cols is a multiple of 128.
constexpr std::size_t tile_bytes(std::size_t rows, std::size_t cols) {
  return (rows + 15) / 16 * 16 * cols / 4;
}

void canonical_to_tiles(const std::uint8_t* canonical, std::size_t rows, std::size_t cols,
                        std::uint8_t* tiles);
void tiles_to_canonical(const std::uint8_t* tiles, std::size_t rows, std::size_t cols,
                        std::uint8_t* canonical);

/// Index of the first element whose code is 3, which stands for nothing.
std::optional<std::size_t> first_illegal(std::span<const std::uint8_t> canonical);

}  // namespace cpu_simd

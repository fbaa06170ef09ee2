#include "tiles.hpp"

#include <array>
#include <cstring>

#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

constexpr std::size_t kBlockBytes = 32;  // 128 codes of a row, canonical
constexpr std::size_t kTilesPerBlock = 8;
constexpr std::uint32_t kLowField = 0x03030303;
constexpr std::uint8_t kZeroCodes = 0x55;  // four codes 1

std::uint32_t word_at(const std::uint8_t* bytes) {
  std::uint32_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

/// The first lane of this row in its group's tiles; the next is kTileBytes further.
std::size_t first_lane(std::size_t row, std::size_t cols) {
  return row / kGroupRows * kGroupRows * cols / 4 + row % kGroupRows * 4;
}

/// Tile t of a block covers columns 16 t … 16 t + 15 of it: in canonical bytes that is the group of
/// bits t / 2, and of the 32 bytes one half of four words. Word f of them is field f of the lane.
unsigned canonical_shift(std::size_t tile) { return static_cast<unsigned>(6 - 2 * (tile / 2)); }
std::size_t canonical_word(std::size_t tile, std::size_t field) { return tile % 2 * 4 + field; }

}  // namespace

void canonical_to_tiles(const std::uint8_t* canonical, std::size_t rows, std::size_t cols,
                        std::uint8_t* tiles) {
  if (rows % kGroupRows != 0) {
    const std::size_t last_group = rows / kGroupRows * kGroupRows * cols / 4;
    std::memset(tiles + last_group, kZeroCodes, kGroupRows * cols / 4);
  }
  for (std::size_t row = 0; row < rows; ++row) {
    std::uint8_t* lane = tiles + first_lane(row, cols);
    const std::uint8_t* block = canonical + row * cols / 4;
    for (std::size_t col = 0; col < cols; col += 128, block += kBlockBytes) {
      for (std::size_t tile = 0; tile < kTilesPerBlock; ++tile, lane += kTileBytes) {
        std::uint32_t word = 0;
        for (std::size_t field = 0; field < 4; ++field) {
          const std::uint32_t source = word_at(block + 4 * canonical_word(tile, field));
          word |= (source >> canonical_shift(tile) & kLowField) << (2 * field);
        }
        std::memcpy(lane, &word, sizeof(word));
      }
    }
  }
}

void tiles_to_canonical(const std::uint8_t* tiles, std::size_t rows, std::size_t cols,
                        std::uint8_t* canonical) {
  for (std::size_t row = 0; row < rows; ++row) {
    const std::uint8_t* lane = tiles + first_lane(row, cols);
    std::uint8_t* block = canonical + row * cols / 4;
    for (std::size_t col = 0; col < cols; col += 128, block += kBlockBytes) {
      std::array<std::uint32_t, kBlockBytes / 4> words{};
      for (std::size_t tile = 0; tile < kTilesPerBlock; ++tile, lane += kTileBytes) {
        const std::uint32_t source = word_at(lane);
        for (std::size_t field = 0; field < 4; ++field) {
          words[canonical_word(tile, field)] |= (source >> (2 * field) & kLowField)
                                                << canonical_shift(tile);
        }
      }
      std::memcpy(block, words.data(), kBlockBytes);
    }
  }
}

std::optional<std::size_t> first_illegal(std::span<const std::uint8_t> canonical) {
  for (std::size_t i = 0; i < canonical.size(); ++i) {
    const unsigned both = canonical[i] & canonical[i] >> 1 & 0x55U;
    if (both == 0) continue;
    for (std::size_t group = 0; group < 4; ++group) {
      if ((both >> (6 - 2 * group) & 1U) != 0) return i / 32 * 128 + 32 * group + i % 32;
    }
  }
  return std::nullopt;
}

}  // namespace cpu_simd

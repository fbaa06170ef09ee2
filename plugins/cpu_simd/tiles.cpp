#include "tiles.hpp"

#include <cstring>

namespace cpu_simd {
namespace {

constexpr std::uint32_t kOnes = 0x01010101;

std::uint32_t word_at(const std::uint8_t* bytes) {
  std::uint32_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

// Four codes side by side in a word, each in a byte that no sum here overflows.
std::uint32_t two_bit_lane(const std::uint8_t* codes) {
  return word_at(codes) | word_at(codes + 4) << 2 | word_at(codes + 8) << 4 |
         word_at(codes + 12) << 6;
}

/// In every byte of four: 1 where it, under 128, is at least `least`.
std::uint32_t at_least(std::uint32_t bytes, std::uint32_t least) {
  return (bytes + kOnes * (128 - least)) >> 7 & kOnes;
}

std::uint32_t five_trit_lane(const std::uint8_t* codes) {
  std::uint32_t rest = word_at(codes + 12);
  rest = 3 * rest + word_at(codes + 8);
  rest = 3 * rest + word_at(codes + 4);
  rest = 3 * rest + word_at(codes);
  const std::uint32_t upper = at_least(rest, 21) + at_least(rest, 42) + at_least(rest, 63);
  return 3 * rest + upper + (2 * kOnes - word_at(codes + 16));
}

template <std::size_t kColumns, std::uint32_t (*kLane)(const std::uint8_t*)>
void pack(const std::uint8_t* codes, std::size_t stride, std::size_t tile_count,
          std::uint8_t* lanes) {
  for (std::size_t tile = 0; tile < tile_count; ++tile, codes += kColumns, lanes += kTileBytes) {
    for (std::size_t row = 0; row < kSlabRows; ++row) {
      const std::uint32_t lane = kLane(codes + row * stride);
      std::memcpy(lanes + 4 * row, &lane, sizeof(lane));
    }
  }
}

}  // namespace

void pack_slab(const std::uint8_t* codes, std::size_t stride, std::size_t row,
               std::size_t tile_count, const TileKernels& tile, std::uint8_t* tiles) {
  std::uint8_t* lanes = tiles + row / kGroupRows * tile_count * kTileBytes + row % kGroupRows * 4;
  if (tile.columns == 16) {
    pack<16, two_bit_lane>(codes, stride, tile_count, lanes);
  } else {
    pack<20, five_trit_lane>(codes, stride, tile_count, lanes);
  }
}

void row_of_quads(const std::uint8_t* quads, std::size_t row, std::size_t cols,
                  std::uint8_t* codes) {
  const std::uint8_t* lane = quads + 4 * row;
  std::size_t col = 0;
  for (; col + 4 <= cols; col += 4, lane += kQuadBytes) std::memcpy(codes + col, lane, 4);
  if (col < cols) std::memcpy(codes + col, lane, cols - col);
}

}  // namespace cpu_simd

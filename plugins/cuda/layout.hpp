// The numbers of kernels/ternary.hpp for the host, which can't include what nvcc compiles.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bg_cuda::layout {

inline constexpr std::size_t kChunk = 128;
inline constexpr std::size_t kWordCodes = 16;
inline constexpr std::size_t kQuad = 4;
inline constexpr std::size_t kBlockRows = 64;
inline constexpr std::size_t kSlices = 4;
inline constexpr std::size_t kMostTile = 4;
inline constexpr std::size_t kWarp = 32;
inline constexpr std::size_t kMmaRows = 16;
inline constexpr std::size_t kTileCols = 32;
inline constexpr std::size_t kGroup = 128;

constexpr std::size_t word_index(std::size_t row, std::size_t word, std::size_t words) {
  return ((row / kBlockRows * (words / kQuad) + word / kQuad) * kBlockRows + row % kBlockRows) *
             kQuad +
         word % kQuad;
}

}  // namespace bg_cuda::layout

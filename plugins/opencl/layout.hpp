// Where tensors keep what on the device, and the way there from canonical bytes. kernels/ternary.cl
// says why.
#pragma once

#include <bitgate/backend.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace opencl {

inline constexpr std::size_t kChunk = 128;     ///< columns that rows are padded to
inline constexpr std::size_t kWordCodes = 16;  ///< two-bit codes of a word
inline constexpr std::size_t kMostTile = 4;    ///< rows of activations that kernels read at once

/// Rows and columns of a tensor, with `block_rows` rows of ternary weights beside each other.
struct Shape {
  std::size_t rows;
  std::size_t cols;
  std::size_t block_rows;

  [[nodiscard]] std::size_t chunks() const { return (cols + kChunk - 1) / kChunk; }
  [[nodiscard]] std::size_t words() const { return chunks() * (kChunk / kWordCodes); }  ///< a row
  /// Ternary weights: up to whole blocks.
  [[nodiscard]] std::size_t padded_rows() const {
    return (rows + block_rows - 1) / block_rows * block_rows;
  }
  /// Activations: up to whole tiles.
  [[nodiscard]] std::size_t tiled_rows() const {
    return (rows + kMostTile - 1) / kMostTile * kMostTile;
  }
  [[nodiscard]] std::size_t word_index(std::size_t row, std::size_t word) const {
    return (row / block_rows * words() + word) * block_rows + row % block_rows;
  }
};

/// Words of ternary codes from canonical bytes. Throws bitgate::Error(BG_INVALID_ARGUMENT) for a
/// code that the format forbids.
std::vector<std::uint32_t> pack_ternary(std::string_view format, const Shape& shape,
                                        const std::uint8_t* canonical);
/// And back, scales excepted.
void unpack_ternary(std::string_view format, const Shape& shape, const std::uint32_t* words,
                    std::uint8_t* canonical);

/// int8 codes as pairs of int16, and their sum for each chunk.
struct Activations {
  std::vector<std::uint32_t> pairs;
  std::vector<std::int32_t> sums;
};
Activations pack_int8(const Shape& shape, const std::int8_t* codes);
void unpack_int8(const Shape& shape, const std::uint32_t* pairs, std::int8_t* codes);

}  // namespace opencl

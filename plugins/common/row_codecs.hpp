// Rows of every ternary format, as bitgate/formats.hpp defines them, from and to codes w + 1
// (0, 1, 2), a byte each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace row_codecs {

struct Matrix {
  std::size_t rows;
  std::size_t cols;
};

struct RowCodec {
  std::string_view format;
  /// Row `row` of canonical bytes; `codes` has room for cols. Returns the column of the first
  /// illegal code, cols if there is none.
  std::size_t (*decode)(const std::uint8_t* canonical, const Matrix& shape, std::size_t row,
                        std::uint8_t* codes);
  /// Into canonical bytes that were zeroed.
  void (*encode)(const std::uint8_t* codes, const Matrix& shape, std::size_t row,
                 std::uint8_t* canonical);
};

/// nullptr if the format is not ternary.
const RowCodec* find_row_codec(std::string_view format);

/// Where a ternary format keeps its scales: `count` of `size` bytes, `stride` bytes apart. Those of
/// 4 bytes are f32, those of 2 f16.
struct ScalePlaces {
  std::size_t first;
  std::size_t count;
  std::size_t stride;
  std::size_t size;
};
ScalePlaces scale_places(std::string_view format, const Matrix& shape);

}  // namespace row_codecs

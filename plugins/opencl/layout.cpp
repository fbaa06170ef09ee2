#include "layout.hpp"

#include <cstring>
#include <string>

#include "common/row_codecs.hpp"

namespace opencl {
namespace {

constexpr std::uint8_t kZeroCode = 1;

/// Eight codes, a byte each, to two bits each.
std::uint32_t gather(const std::uint8_t* codes) {
  std::uint64_t x = 0;
  std::memcpy(&x, codes, sizeof(x));
  x = (x | x >> 6U) & 0x000f000f000f000fU;
  x = (x | x >> 12U) & 0x000000ff000000ffU;
  return static_cast<std::uint32_t>((x | x >> 24U) & 0xffffU);
}

void scatter(std::uint32_t bits, std::uint8_t* codes) {
  std::uint64_t x = bits & 0xffffU;
  x = (x | x << 24U) & 0x000000ff000000ffU;
  x = (x | x << 12U) & 0x000f000f000f000fU;
  x = (x | x << 6U) & 0x0303030303030303U;
  std::memcpy(codes, &x, sizeof(x));
}

/// Column of the low half of pair number `pair` of a row; that of the high half is 8 further.
std::size_t first_of_pair(std::size_t pair) { return pair / 8 * kWordCodes + pair % 8; }

std::uint32_t pair_of(int low, int high) {
  return static_cast<std::uint16_t>(low) |
         static_cast<std::uint32_t>(static_cast<std::uint16_t>(high)) << 16U;
}

}  // namespace

std::vector<std::uint32_t> pack_ternary(std::string_view format, const Shape& shape,
                                        const std::uint8_t* canonical) {
  const row_codecs::RowCodec& codec = *row_codecs::find_row_codec(format);
  std::vector<std::uint32_t> words(shape.padded_rows() * shape.words(), 0x55555555U);
  std::vector<std::uint8_t> codes(shape.words() * kWordCodes, kZeroCode);
  for (std::size_t row = 0; row < shape.rows; ++row) {
    const std::size_t illegal =
        codec.decode(canonical, {shape.rows, shape.cols}, row, codes.data());
    if (illegal != shape.cols) {
      throw bitgate::Error(BG_INVALID_ARGUMENT, std::string(format) + ": illegal code at row " +
                                                    std::to_string(row) + ", column " +
                                                    std::to_string(illegal));
    }
    for (std::size_t word = 0; word < shape.words(); ++word) {
      const std::uint8_t* from = codes.data() + word * kWordCodes;
      words[shape.word_index(row, word)] = gather(from) | gather(from + 8) << 16U;
    }
  }
  return words;
}

void unpack_ternary(std::string_view format, const Shape& shape, const std::uint32_t* words,
                    std::uint8_t* canonical) {
  const row_codecs::RowCodec& codec = *row_codecs::find_row_codec(format);
  std::vector<std::uint8_t> codes(shape.words() * kWordCodes);
  for (std::size_t row = 0; row < shape.rows; ++row) {
    for (std::size_t word = 0; word < shape.words(); ++word) {
      const std::uint32_t bits = words[shape.word_index(row, word)];
      scatter(bits, codes.data() + word * kWordCodes);
      scatter(bits >> 16U, codes.data() + word * kWordCodes + 8);
    }
    codec.encode(codes.data(), {shape.rows, shape.cols}, row, canonical);
  }
}

Activations pack_int8(const Shape& shape, const std::int8_t* codes) {
  const std::size_t row_pairs = shape.chunks() * (kChunk / 2);
  Activations out{std::vector<std::uint32_t>(shape.rows * row_pairs),
                  std::vector<std::int32_t>(shape.rows * shape.chunks())};
  for (std::size_t row = 0; row < shape.rows; ++row) {
    const std::int8_t* from = codes + row * shape.cols;
    const auto at = [&](std::size_t col) { return col < shape.cols ? from[col] : 0; };
    for (std::size_t pair = 0; pair < row_pairs; ++pair) {
      const int low = at(first_of_pair(pair));
      const int high = at(first_of_pair(pair) + 8);
      out.pairs[row * row_pairs + pair] = pair_of(low, high);
      out.sums[row * shape.chunks() + pair / (kChunk / 2)] += low + high;
    }
  }
  return out;
}

void unpack_int8(const Shape& shape, const std::uint32_t* pairs, std::int8_t* codes) {
  const std::size_t row_pairs = shape.chunks() * (kChunk / 2);
  for (std::size_t row = 0; row < shape.rows; ++row) {
    for (std::size_t col = 0; col < shape.cols; ++col) {
      const std::uint32_t pair = pairs[row * row_pairs + col / kWordCodes * 8 + col % 8];
      codes[row * shape.cols + col] =
          static_cast<std::int8_t>(col % kWordCodes < 8 ? pair : pair >> 16U);
    }
  }
}

}  // namespace opencl

#include "common/row_codecs.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

namespace row_codecs {
namespace {

namespace formats = bitgate::formats;

/// The first code above 2, for formats where `found` says that there is one.
std::size_t first_illegal(bool found, const std::uint8_t* codes, std::size_t cols) {
  if (!found) return cols;
  return static_cast<std::size_t>(
      std::find_if(codes, codes + cols, [](std::uint8_t code) { return code > 2; }) - codes);
}

// ---- t8 ----------------------------------------------------------------------------------------

std::size_t decode_t8(const std::uint8_t* canonical, const Matrix& shape, std::size_t row,
                      std::uint8_t* codes) {
  const std::uint8_t* from = canonical + row * shape.cols;
  unsigned most = 0;
  for (std::size_t i = 0; i < shape.cols; ++i) {
    codes[i] = static_cast<std::uint8_t>(from[i] + 1);
    most = std::max<unsigned>(most, codes[i]);
  }
  return first_illegal(most > 2, codes, shape.cols);
}

void encode_t8(const std::uint8_t* codes, const Matrix& shape, std::size_t row,
               std::uint8_t* canonical) {
  std::uint8_t* to = canonical + row * shape.cols;
  for (std::size_t i = 0; i < shape.cols; ++i) to[i] = static_cast<std::uint8_t>(codes[i] - 1);
}

// ---- four codes a byte in groups: i2_s, i2_s/arm, tq2_0 ----------------------------------------

/// Blocks of kStride bytes hold 4 kStride codes, and kTail bytes follow kPerTail of them.
template <std::size_t kStride, bool kHighFirst, std::size_t kPerTail, std::size_t kTail>
struct Grouped {
  static constexpr std::size_t kBlock = 4 * kStride;

  static constexpr unsigned shift(std::size_t group) {
    return static_cast<unsigned>(kHighFirst ? 6 - 2 * group : 2 * group);
  }
  static std::size_t offset(const Matrix& shape, std::size_t row, std::size_t col) {
    const std::size_t block = (row * shape.cols + col) / kBlock;
    return block * kStride + block / kPerTail * kTail;
  }

  static std::size_t decode(const std::uint8_t* canonical, const Matrix& shape, std::size_t row,
                            std::uint8_t* codes) {
    unsigned illegal = 0;
    for (std::size_t col = 0; col < shape.cols; col += kBlock) {
      const std::uint8_t* from = canonical + offset(shape, row, col);
      for (std::size_t group = 0; group < 4; ++group) {
        for (std::size_t p = 0; p < kStride; ++p) {
          const unsigned code = static_cast<unsigned>(from[p]) >> shift(group) & 3U;
          illegal |= code & code >> 1;
          codes[col + group * kStride + p] = static_cast<std::uint8_t>(code);
        }
      }
    }
    return first_illegal(illegal != 0, codes, shape.cols);
  }

  static void encode(const std::uint8_t* codes, const Matrix& shape, std::size_t row,
                     std::uint8_t* canonical) {
    for (std::size_t col = 0; col < shape.cols; col += kBlock) {
      std::uint8_t* to = canonical + offset(shape, row, col);
      for (std::size_t group = 0; group < 4; ++group) {
        for (std::size_t p = 0; p < kStride; ++p) {
          to[p] |= static_cast<std::uint8_t>(codes[col + group * kStride + p] << shift(group));
        }
      }
    }
  }
};

using I2S = Grouped<32, true, 1, 0>;
using I2SArm = Grouped<16, true, 1, 0>;
using Tq2 = Grouped<32, false, 2, 2>;

// ---- i2_s/4row ---------------------------------------------------------------------------------

unsigned row_shift(std::size_t row) { return static_cast<unsigned>(6 - 2 * (row % 4)); }

std::size_t decode_4row(const std::uint8_t* canonical, const Matrix& shape, std::size_t row,
                        std::uint8_t* codes) {
  const std::uint8_t* from = canonical + row / 4 * shape.cols;
  unsigned illegal = 0;
  for (std::size_t i = 0; i < shape.cols; ++i) {
    const unsigned code = static_cast<unsigned>(from[i]) >> row_shift(row) & 3U;
    illegal |= code & code >> 1;
    codes[i] = static_cast<std::uint8_t>(code);
  }
  return first_illegal(illegal != 0, codes, shape.cols);
}

void encode_4row(const std::uint8_t* codes, const Matrix& shape, std::size_t row,
                 std::uint8_t* canonical) {
  std::uint8_t* to = canonical + row / 4 * shape.cols;
  for (std::size_t i = 0; i < shape.cols; ++i) {
    to[i] |= static_cast<std::uint8_t>(codes[i] << row_shift(row));
  }
}

// ---- tl1, tl2 ----------------------------------------------------------------------------------

/// N codes to their places, as far as the row goes; what is behind its end must be 0.
template <std::size_t N>
bool place(const std::array<std::uint8_t, N>& few, std::size_t col, const Matrix& shape,
           std::uint8_t* codes) {
  if (col + N <= shape.cols) {
    std::memcpy(codes + col, few.data(), N);
    return true;
  }
  for (std::size_t i = 0; i < N; ++i) {
    if (col + i < shape.cols) {
      codes[col + i] = few[i];
    } else if (few[i] != 1) {
      return false;
    }
  }
  return true;
}

int weight_at(const std::uint8_t* codes, std::size_t cols, std::size_t col) {
  return col < cols ? codes[col] - 1 : 0;
}

std::size_t decode_tl1(const std::uint8_t* canonical, const Matrix& shape, std::size_t row,
                       std::uint8_t* codes) {
  const std::size_t row_bytes = formats::tl1_row_bytes(shape.cols);
  const std::uint8_t* from = canonical + row * row_bytes;
  for (std::size_t i = 0; i < row_bytes; ++i) {
    const unsigned first = from[i] >> 4U;
    const unsigned second = from[i] & 15U;
    if (first > 8) return 4 * i;
    if (second > 8) return std::min(4 * i + 2, shape.cols - 1);
    const std::array<std::uint8_t, 4> four = {
        static_cast<std::uint8_t>(first / 3), static_cast<std::uint8_t>(first % 3),
        static_cast<std::uint8_t>(second / 3), static_cast<std::uint8_t>(second % 3)};
    if (!place(four, 4 * i, shape, codes)) return shape.cols - 1;
  }
  return shape.cols;
}

void encode_tl1(const std::uint8_t* codes, const Matrix& shape, std::size_t row,
                std::uint8_t* canonical) {
  const std::size_t row_bytes = formats::tl1_row_bytes(shape.cols);
  std::uint8_t* to = canonical + row * row_bytes;
  for (std::size_t i = 0; i < row_bytes; ++i) {
    const auto pair = [&](std::size_t col) {
      return 3 * weight_at(codes, shape.cols, col) + weight_at(codes, shape.cols, col + 1) + 4;
    };
    to[i] = static_cast<std::uint8_t>(pair(4 * i) << 4 | pair(4 * i + 2));
  }
}

/// The planes of one row of tl2.
template <class Byte>
struct Tl2Row {
  Byte* magnitudes;
  Byte* signs;
};
template <class Byte>
Tl2Row<Byte> tl2_row(Byte* canonical, const Matrix& shape, std::size_t row) {
  const std::size_t magnitudes = formats::tl2_magnitude_bytes(shape.cols);
  return {canonical + row * magnitudes,
          canonical + shape.rows * magnitudes + row * formats::tl2_sign_bytes(shape.cols)};
}

/// Codes of the triple with value - 13 … 13, at value + 13.
constexpr auto kTriples = [] {
  std::array<std::array<std::uint8_t, 3>, 27> triples{};
  for (unsigned i = 0; i < 27; ++i) {
    triples[i] = {static_cast<std::uint8_t>(i / 9), static_cast<std::uint8_t>(i / 3 % 3),
                  static_cast<std::uint8_t>(i % 3)};
  }
  return triples;
}();

std::size_t decode_tl2(const std::uint8_t* canonical, const Matrix& shape, std::size_t row,
                       std::uint8_t* codes) {
  const auto from = tl2_row(canonical, shape, row);
  const std::size_t triples = formats::tl2_triples(shape.cols);
  const std::size_t nibbles = 2 * formats::tl2_magnitude_bytes(shape.cols);
  for (std::size_t t = 0; t < 8 * formats::tl2_sign_bytes(shape.cols); ++t) {
    const unsigned magnitude =
        t < nibbles ? static_cast<unsigned>(from.magnitudes[t / 2]) >> (t % 2 == 0 ? 4 : 0) & 15U
                    : 0;
    const bool negative = (static_cast<unsigned>(from.signs[t / 8]) >> (7 - t % 8) & 1U) != 0;
    const std::size_t here = std::min(3 * t, shape.cols - 1);
    if (magnitude > 13 || (negative && magnitude == 0)) return here;
    if (t >= triples) {
      if (magnitude != 0) return here;
      continue;
    }
    if (!place(kTriples[negative ? 13 - magnitude : 13 + magnitude], 3 * t, shape, codes)) {
      return here;
    }
  }
  return shape.cols;
}

void encode_tl2(const std::uint8_t* codes, const Matrix& shape, std::size_t row,
                std::uint8_t* canonical) {
  const auto to = tl2_row(canonical, shape, row);
  for (std::size_t t = 0; t < formats::tl2_triples(shape.cols); ++t) {
    const int value = 9 * weight_at(codes, shape.cols, 3 * t) +
                      3 * weight_at(codes, shape.cols, 3 * t + 1) +
                      weight_at(codes, shape.cols, 3 * t + 2);
    to.magnitudes[t / 2] |= static_cast<std::uint8_t>(std::abs(value) << (t % 2 == 0 ? 4 : 0));
    to.signs[t / 8] |= static_cast<std::uint8_t>((value < 0 ? 1 : 0) << (7 - t % 8));
  }
}

// ---- tq1_0 -------------------------------------------------------------------------------------

/// Bytes [first, first + count) of a block's codes: digit n of byte first + m is element
/// start + n * count + m.
struct Tq1Part {
  std::size_t first;
  std::size_t count;
  std::size_t start;
  std::size_t digits;
};
constexpr std::array<Tq1Part, 3> kTq1Parts = {{{0, 32, 0, 5}, {32, 16, 160, 5}, {48, 4, 240, 4}}};

constexpr unsigned tq1_byte(unsigned value) { return (256 * value + 242) / 243; }

struct Tq1Entry {
  std::array<std::uint8_t, 5> codes;
  bool legal;
};
constexpr auto kTq1Entries = [] {
  std::array<Tq1Entry, 256> entries{};
  for (unsigned value = 0; value < 243; ++value) {
    Tq1Entry& entry = entries[tq1_byte(value)];
    entry.legal = true;
    unsigned rest = value;
    for (std::size_t digit = 5; digit-- > 0; rest /= 3) {
      entry.codes[digit] = static_cast<std::uint8_t>(rest % 3);
    }
  }
  return entries;
}();

const std::size_t kTq1Bytes = formats::kTq1Bytes;

std::size_t decode_tq1(const std::uint8_t* canonical, const Matrix& shape, std::size_t row,
                       std::uint8_t* codes) {
  const std::uint8_t* block = canonical + row * shape.cols / formats::kTqBlock * kTq1Bytes;
  for (std::size_t col = 0; col < shape.cols; col += formats::kTqBlock, block += kTq1Bytes) {
    for (const Tq1Part& part : kTq1Parts) {
      for (std::size_t m = 0; m < part.count; ++m) {
        const Tq1Entry& entry = kTq1Entries[block[part.first + m]];
        std::uint8_t* to = codes + col + part.start + m;
        if (!entry.legal || (part.digits == 4 && entry.codes[4] != 0)) {
          return col + part.start + m;
        }
        for (std::size_t n = 0; n < part.digits; ++n) to[n * part.count] = entry.codes[n];
      }
    }
  }
  return shape.cols;
}

void encode_tq1(const std::uint8_t* codes, const Matrix& shape, std::size_t row,
                std::uint8_t* canonical) {
  std::uint8_t* block = canonical + row * shape.cols / formats::kTqBlock * kTq1Bytes;
  for (std::size_t col = 0; col < shape.cols; col += formats::kTqBlock, block += kTq1Bytes) {
    for (const Tq1Part& part : kTq1Parts) {
      for (std::size_t m = 0; m < part.count; ++m) {
        const std::uint8_t* from = codes + col + part.start + m;
        unsigned value = 0;
        for (std::size_t n = 0; n < 5; ++n) {
          value = 3 * value + (n < part.digits ? from[n * part.count] : 0U);
        }
        block[part.first + m] = static_cast<std::uint8_t>(tq1_byte(value));
      }
    }
  }
}

constexpr std::array<RowCodec, formats::kTernary.size()> kCodecs = {{
    {formats::kT8, decode_t8, encode_t8},
    {formats::kI2S, I2S::decode, I2S::encode},
    {formats::kI2SArm, I2SArm::decode, I2SArm::encode},
    {formats::kI2S4Row, decode_4row, encode_4row},
    {formats::kTl1, decode_tl1, encode_tl1},
    {formats::kTl2, decode_tl2, encode_tl2},
    {formats::kTq1, decode_tq1, encode_tq1},
    {formats::kTq2, Tq2::decode, Tq2::encode},
}};

}  // namespace

const RowCodec* find_row_codec(std::string_view format) {
  const auto* found = std::find_if(kCodecs.begin(), kCodecs.end(),
                                   [&](const RowCodec& codec) { return codec.format == format; });
  return found == kCodecs.end() ? nullptr : found;
}

ScalePlaces scale_places(std::string_view format, const Matrix& shape) {
  const std::size_t blocks = shape.rows * shape.cols / formats::kTqBlock;
  if (format == formats::kTq1) return {kTq1Bytes - 2, blocks, kTq1Bytes, 2};
  if (format == formats::kTq2) return {formats::kTq2Bytes - 2, blocks, formats::kTq2Bytes, 2};
  const std::size_t size = formats::byte_size(format, shape.rows, shape.cols).value_or(0);
  const std::size_t tail = format == formats::kT8 ? sizeof(float) : formats::kScaleTail;
  return {size - tail, 1, 0, sizeof(float)};
}

}  // namespace row_codecs

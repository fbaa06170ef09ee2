#include "oracle/registry.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "oracle/half.hpp"

namespace bitgate::oracle {
namespace {

using Bytes = std::vector<std::byte>;
using ConstBytes = std::span<const std::byte>;

std::uint64_t checked_size(std::string_view format, std::uint64_t rows, std::uint64_t cols) {
  const auto size = formats::byte_size(format, rows, cols);
  if (!size) throw std::invalid_argument(formats::why_not(format, rows, cols));
  return *size;
}

void require_scale(std::string_view format, float scale, std::uint64_t number) {
  if (std::isfinite(scale) && !std::signbit(scale)) return;
  throw std::invalid_argument(
      fmt::format("{}: scale {} of number {} is negative or not finite", format, scale, number));
}

[[noreturn]] void illegal(std::string_view format, std::string_view what, std::uint64_t row,
                          std::uint64_t col) {
  throw std::invalid_argument(
      fmt::format("{}: illegal {} at row {}, column {}", format, what, row, col));
}

int value_at(ConstBytes bytes, std::uint64_t index) { return std::to_integer<int>(bytes[index]); }

void add(Bytes& bytes, std::uint64_t index, int bits) {
  bytes[index] |= static_cast<std::byte>(bits);
}

/// Zeroed bytes of the right size, after a look at what is to be encoded.
Bytes begin_encode(std::string_view format, const Ternary& weights) {
  Bytes bytes(checked_size(format, weights.rows, weights.cols));
  const std::uint64_t count = weights.rows * weights.cols;
  if (weights.codes.size() != count) {
    throw std::invalid_argument(
        fmt::format("{}: {} codes, but the shape takes {}", format, weights.codes.size(), count));
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    if (weights.codes[i] >= -1 && weights.codes[i] <= 1) continue;
    throw std::invalid_argument(fmt::format("{}: {} at row {}, column {} is not ternary", format,
                                            weights.codes[i], i / weights.cols, i % weights.cols));
  }
  return bytes;
}

Ternary begin_decode(std::string_view format, ConstBytes bytes, std::uint64_t rows,
                     std::uint64_t cols) {
  const std::uint64_t size = checked_size(format, rows, cols);
  if (bytes.size() != size) {
    throw std::invalid_argument(
        fmt::format("{}: {} bytes, but the shape takes {}", format, bytes.size(), size));
  }
  return {rows, cols, std::vector<std::int8_t>(rows * cols), 0, {}};
}

/// One scale for the tensor, `tail` bytes before the end.
void put_scale(std::string_view format, const Ternary& weights, std::uint64_t tail, Bytes& bytes) {
  if (!weights.block_scales.empty()) {
    throw std::invalid_argument(fmt::format("{} has one scale, not one a block", format));
  }
  require_scale(format, weights.scale, 0);
  std::memcpy(bytes.data() + bytes.size() - tail, &weights.scale, sizeof(float));
}

void get_scale(std::string_view format, ConstBytes bytes, std::uint64_t tail, Ternary& weights) {
  std::memcpy(&weights.scale, bytes.data() + bytes.size() - tail, sizeof(float));
  require_scale(format, weights.scale, 0);
}

// ---- formats with a place of its own for every code: t8, i2_s, tq2_0 ---------------------------

/// The byte of a code, and how far its bits are shifted.
struct Place {
  std::uint64_t byte;
  int shift;
};
using Placement = Place(std::uint64_t row, std::uint64_t col, std::uint64_t cols);

/// Blocks of four groups over the flattened tensor, `tail` bytes behind each, the first group in
/// the high or in the low bits.
Place in_block(std::uint64_t index, std::uint64_t block, std::uint64_t tail, bool high_first) {
  const std::uint64_t stride = block / 4;
  const auto group = static_cast<int>(index % block / stride);
  return {index / block * (stride + tail) + index % stride, high_first ? 6 - 2 * group : 2 * group};
}

Place i2_s_place(std::uint64_t row, std::uint64_t col, std::uint64_t cols) {
  return in_block(row * cols + col, formats::kI2SBlock, 0, true);
}
Place i2_s_arm_place(std::uint64_t row, std::uint64_t col, std::uint64_t cols) {
  return in_block(row * cols + col, formats::kI2SArmBlock, 0, true);
}
Place i2_s_4row_place(std::uint64_t row, std::uint64_t col, std::uint64_t cols) {
  return {row / 4 * cols + col, 6 - 2 * static_cast<int>(row % 4)};
}
/// Each block is two halves of 128 codes, with d behind the second.
Place tq2_place(std::uint64_t row, std::uint64_t col, std::uint64_t cols) {
  const std::uint64_t index = row * cols + col;
  const Place half = in_block(index, 128, 0, false);
  return {half.byte + index / formats::kTqBlock * 2, half.shift};
}

void put_codes(const Ternary& weights, Placement* placement, Bytes& bytes) {
  for (std::uint64_t i = 0; i < weights.codes.size(); ++i) {
    const Place place = placement(i / weights.cols, i % weights.cols, weights.cols);
    add(bytes, place.byte, (weights.codes[i] + 1) << place.shift);
  }
}

void get_codes(std::string_view format, ConstBytes bytes, Placement* placement, Ternary& weights) {
  for (std::uint64_t i = 0; i < weights.codes.size(); ++i) {
    const Place place = placement(i / weights.cols, i % weights.cols, weights.cols);
    const int code = value_at(bytes, place.byte) >> place.shift & 3;
    if (code == 3) illegal(format, "code 3", i / weights.cols, i % weights.cols);
    weights.codes[i] = static_cast<std::int8_t>(code - 1);
  }
}

template <const std::string_view& kFormat, Placement* kPlacement>
Bytes encode_two_bit(const Ternary& weights) {
  Bytes bytes = begin_encode(kFormat, weights);
  put_codes(weights, kPlacement, bytes);
  put_scale(kFormat, weights, formats::kScaleTail, bytes);
  return bytes;
}

template <const std::string_view& kFormat, Placement* kPlacement>
Ternary decode_two_bit(ConstBytes bytes, std::uint64_t rows, std::uint64_t cols) {
  Ternary weights = begin_decode(kFormat, bytes, rows, cols);
  get_codes(kFormat, bytes, kPlacement, weights);
  get_scale(kFormat, bytes, formats::kScaleTail, weights);
  return weights;
}

constexpr std::uint64_t kT8Tail = sizeof(float);

Bytes encode_t8(const Ternary& weights) {
  Bytes bytes = begin_encode(formats::kT8, weights);
  std::memcpy(bytes.data(), weights.codes.data(), weights.codes.size());
  put_scale(formats::kT8, weights, kT8Tail, bytes);
  return bytes;
}

Ternary decode_t8(ConstBytes bytes, std::uint64_t rows, std::uint64_t cols) {
  Ternary weights = begin_decode(formats::kT8, bytes, rows, cols);
  std::memcpy(weights.codes.data(), bytes.data(), weights.codes.size());
  for (std::uint64_t i = 0; i < weights.codes.size(); ++i) {
    const std::int8_t code = weights.codes[i];
    if (code < -1 || code > 1) {
      illegal(formats::kT8, fmt::format("code {}", code), i / cols, i % cols);
    }
  }
  get_scale(formats::kT8, bytes, kT8Tail, weights);
  return weights;
}

// ---- tl1, tl2 ----------------------------------------------------------------------------------

/// The weight at this place, or 0 behind the end of the row.
int weight_at(const Ternary& weights, std::uint64_t row, std::uint64_t col) {
  return col < weights.cols ? weights.codes[row * weights.cols + col] : 0;
}

/// Keeps a decoded weight. Behind the end of the row it must be 0.
void put_weight(std::string_view format, Ternary& weights, std::uint64_t row, std::uint64_t col,
                int weight) {
  if (col < weights.cols) {
    weights.codes[row * weights.cols + col] = static_cast<std::int8_t>(weight);
  } else if (weight != 0) {
    illegal(format, "weight behind the end of the row", row, col);
  }
}

/// Nibble `index` of a row of `row_bytes`: the even ones are the high halves.
Place nibble(std::uint64_t row, std::uint64_t index, std::uint64_t row_bytes) {
  return {row * row_bytes + index / 2, index % 2 == 0 ? 4 : 0};
}

Bytes encode_tl1(const Ternary& weights) {
  Bytes bytes = begin_encode(formats::kTl1, weights);
  const std::uint64_t row_bytes = formats::tl1_row_bytes(weights.cols);
  for (std::uint64_t row = 0; row < weights.rows; ++row) {
    for (std::uint64_t pair = 0; pair < 2 * row_bytes; ++pair) {
      const int code =
          3 * weight_at(weights, row, 2 * pair) + weight_at(weights, row, 2 * pair + 1) + 4;
      const Place place = nibble(row, pair, row_bytes);
      add(bytes, place.byte, code << place.shift);
    }
  }
  put_scale(formats::kTl1, weights, formats::kScaleTail, bytes);
  return bytes;
}

Ternary decode_tl1(ConstBytes bytes, std::uint64_t rows, std::uint64_t cols) {
  Ternary weights = begin_decode(formats::kTl1, bytes, rows, cols);
  const std::uint64_t row_bytes = formats::tl1_row_bytes(cols);
  for (std::uint64_t row = 0; row < rows; ++row) {
    for (std::uint64_t pair = 0; pair < 2 * row_bytes; ++pair) {
      const Place place = nibble(row, pair, row_bytes);
      const int code = value_at(bytes, place.byte) >> place.shift & 15;
      if (code > 8) illegal(formats::kTl1, fmt::format("pair code {}", code), row, 2 * pair);
      put_weight(formats::kTl1, weights, row, 2 * pair, code / 3 - 1);
      put_weight(formats::kTl1, weights, row, 2 * pair + 1, code % 3 - 1);
    }
  }
  get_scale(formats::kTl1, bytes, formats::kScaleTail, weights);
  return weights;
}

/// Where the sign of a triple is.
Place tl2_sign(const Ternary& weights, std::uint64_t row, std::uint64_t triple) {
  const std::uint64_t plane = weights.rows * formats::tl2_magnitude_bytes(weights.cols);
  return {plane + row * formats::tl2_sign_bytes(weights.cols) + triple / 8,
          7 - static_cast<int>(triple % 8)};
}

Bytes encode_tl2(const Ternary& weights) {
  Bytes bytes = begin_encode(formats::kTl2, weights);
  const std::uint64_t row_bytes = formats::tl2_magnitude_bytes(weights.cols);
  for (std::uint64_t row = 0; row < weights.rows; ++row) {
    for (std::uint64_t triple = 0; triple < formats::tl2_triples(weights.cols); ++triple) {
      const int value = 9 * weight_at(weights, row, 3 * triple) +
                        3 * weight_at(weights, row, 3 * triple + 1) +
                        weight_at(weights, row, 3 * triple + 2);
      const Place magnitude = nibble(row, triple, row_bytes);
      add(bytes, magnitude.byte, std::abs(value) << magnitude.shift);
      const Place sign = tl2_sign(weights, row, triple);
      add(bytes, sign.byte, (value < 0 ? 1 : 0) << sign.shift);
    }
  }
  put_scale(formats::kTl2, weights, formats::kScaleTail, bytes);
  return bytes;
}

Ternary decode_tl2(ConstBytes bytes, std::uint64_t rows, std::uint64_t cols) {
  Ternary weights = begin_decode(formats::kTl2, bytes, rows, cols);
  const std::uint64_t row_bytes = formats::tl2_magnitude_bytes(cols);
  const std::uint64_t triples = formats::tl2_triples(cols);
  for (std::uint64_t row = 0; row < rows; ++row) {
    // To the end of the row's bytes: what lies behind the last triple must be 0.
    for (std::uint64_t triple = 0; triple < formats::tl2_sign_bytes(cols) * 8; ++triple) {
      const Place at = nibble(row, triple, row_bytes);
      const int magnitude = triple < 2 * row_bytes ? value_at(bytes, at.byte) >> at.shift & 15 : 0;
      const Place sign_at = tl2_sign(weights, row, triple);
      const bool negative = (value_at(bytes, sign_at.byte) >> sign_at.shift & 1) != 0;
      if (magnitude > 13) {
        illegal(formats::kTl2, fmt::format("magnitude {}", magnitude), row, 3 * triple);
      }
      if (negative && magnitude == 0) illegal(formats::kTl2, "negative zero", row, 3 * triple);
      const int code = (negative ? -magnitude : magnitude) + 13;
      if (triple >= triples) {
        if (code != 13) illegal(formats::kTl2, "triple behind the end of the row", row, 3 * triple);
        continue;
      }
      put_weight(formats::kTl2, weights, row, 3 * triple, code / 9 - 1);
      put_weight(formats::kTl2, weights, row, 3 * triple + 1, code / 3 % 3 - 1);
      put_weight(formats::kTl2, weights, row, 3 * triple + 2, code % 3 - 1);
    }
  }
  get_scale(formats::kTl2, bytes, formats::kScaleTail, weights);
  return weights;
}

// ---- tq1_0, tq2_0 ------------------------------------------------------------------------------

void put_block_scales(std::string_view format, const Ternary& weights, std::uint64_t block_bytes,
                      Bytes& bytes) {
  const std::uint64_t blocks = weights.codes.size() / formats::kTqBlock;
  if (!weights.block_scales.empty() && weights.block_scales.size() != blocks) {
    throw std::invalid_argument(fmt::format("{}: {} scales, but the shape takes {}", format,
                                            weights.block_scales.size(), blocks));
  }
  for (std::uint64_t block = 0; block < blocks; ++block) {
    const float scale = weights.block_scales.empty() ? weights.scale : weights.block_scales[block];
    const std::uint16_t bits = f16_bits(scale);
    require_scale(format, f16_value(bits), block);
    std::memcpy(bytes.data() + (block + 1) * block_bytes - 2, &bits, 2);
  }
}

void get_block_scales(std::string_view format, ConstBytes bytes, std::uint64_t block_bytes,
                      Ternary& weights) {
  for (std::uint64_t block = 0; block < weights.codes.size() / formats::kTqBlock; ++block) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes.data() + (block + 1) * block_bytes - 2, 2);
    weights.block_scales.push_back(f16_value(bits));
    require_scale(format, weights.block_scales.back(), block);
  }
  weights.scale = weights.block_scales.front();
}

Bytes encode_tq2(const Ternary& weights) {
  Bytes bytes = begin_encode(formats::kTq2, weights);
  put_codes(weights, tq2_place, bytes);
  put_block_scales(formats::kTq2, weights, formats::kTq2Bytes, bytes);
  return bytes;
}

Ternary decode_tq2(ConstBytes bytes, std::uint64_t rows, std::uint64_t cols) {
  Ternary weights = begin_decode(formats::kTq2, bytes, rows, cols);
  get_codes(formats::kTq2, bytes, tq2_place, weights);
  get_block_scales(formats::kTq2, bytes, formats::kTq2Bytes, weights);
  return weights;
}

/// Element `digit` of byte `byte` (0 … 51) of a block; nothing for the fifth code of qh.
constexpr std::uint64_t kTq1Nothing = formats::kTqBlock;
std::uint64_t tq1_element(std::uint64_t byte, std::uint64_t digit) {
  if (byte < 32) return 32 * digit + byte;
  if (byte < 48) return 160 + 16 * digit + (byte - 32);
  return digit < 4 ? 240 + 4 * digit + (byte - 48) : kTq1Nothing;
}
constexpr std::uint64_t kTq1CodeBytes = 52;
constexpr std::uint64_t kDigits = 5;

int tq1_byte(int value) { return (256 * value + 242) / 243; }

Bytes encode_tq1(const Ternary& weights) {
  Bytes bytes = begin_encode(formats::kTq1, weights);
  for (std::uint64_t block = 0; block < weights.codes.size() / formats::kTqBlock; ++block) {
    const std::int8_t* codes = weights.codes.data() + block * formats::kTqBlock;
    for (std::uint64_t byte = 0; byte < kTq1CodeBytes; ++byte) {
      int value = 0;
      for (std::uint64_t digit = 0; digit < kDigits; ++digit) {
        const std::uint64_t element = tq1_element(byte, digit);
        value = 3 * value + (element == kTq1Nothing ? 0 : codes[element] + 1);
      }
      add(bytes, block * formats::kTq1Bytes + byte, tq1_byte(value));
    }
  }
  put_block_scales(formats::kTq1, weights, formats::kTq1Bytes, bytes);
  return bytes;
}

Ternary decode_tq1(ConstBytes bytes, std::uint64_t rows, std::uint64_t cols) {
  Ternary weights = begin_decode(formats::kTq1, bytes, rows, cols);
  for (std::uint64_t block = 0; block < weights.codes.size() / formats::kTqBlock; ++block) {
    const std::uint64_t first = block * formats::kTqBlock;
    for (std::uint64_t byte = 0; byte < kTq1CodeBytes; ++byte) {
      const int stored = value_at(bytes, block * formats::kTq1Bytes + byte);
      int value = stored * 243 / 256;  // rounded down, the inverse of the rounding up
      const std::uint64_t at = first + tq1_element(byte, 0);
      if (tq1_byte(value) != stored || (byte >= 48 && value % 3 != 0)) {
        illegal(formats::kTq1, fmt::format("byte {}", stored), at / cols, at % cols);
      }
      for (std::uint64_t digit = kDigits; digit-- > 0; value /= 3) {
        const std::uint64_t element = tq1_element(byte, digit);
        if (element == kTq1Nothing) continue;
        weights.codes[first + element] = static_cast<std::int8_t>(value % 3 - 1);
      }
    }
  }
  get_block_scales(formats::kTq1, bytes, formats::kTq1Bytes, weights);
  return weights;
}

constexpr std::array<Codec, formats::kTernary.size()> kCodecs = {{
    {formats::kT8, encode_t8, decode_t8},
    {formats::kI2S, encode_two_bit<formats::kI2S, i2_s_place>,
     decode_two_bit<formats::kI2S, i2_s_place>},
    {formats::kI2SArm, encode_two_bit<formats::kI2SArm, i2_s_arm_place>,
     decode_two_bit<formats::kI2SArm, i2_s_arm_place>},
    {formats::kI2S4Row, encode_two_bit<formats::kI2S4Row, i2_s_4row_place>,
     decode_two_bit<formats::kI2S4Row, i2_s_4row_place>},
    {formats::kTl1, encode_tl1, decode_tl1},
    {formats::kTl2, encode_tl2, decode_tl2},
    {formats::kTq1, encode_tq1, decode_tq1},
    {formats::kTq2, encode_tq2, decode_tq2},
}};

}  // namespace

std::span<const Codec> codecs() { return kCodecs; }

const Codec* find_codec(std::string_view format) {
  const auto* found = std::find_if(kCodecs.begin(), kCodecs.end(),
                                   [&](const Codec& codec) { return codec.format == format; });
  return found == kCodecs.end() ? nullptr : found;
}

}  // namespace bitgate::oracle

// Bytes of every ternary format, derived by hand from the public definitions that
// bitgate/formats.hpp names.
#include "oracle/registry.hpp"

#include <bitgate/formats.hpp>

#include <cmath>
#include <initializer_list>
#include <limits>

#include "oracle/half.hpp"
#include "support/catch.hpp"

using namespace bitgate::oracle;
namespace formats = bitgate::formats;
using Catch::Matchers::Contains;

namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes(std::initializer_list<int> values) {
  Bytes out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

Ternary matrix(std::uint64_t rows, std::vector<std::int8_t> codes, float scale = 0.5F) {
  const std::uint64_t cols = codes.size() / rows;
  return {rows, cols, std::move(codes), scale};
}

Ternary zeros(std::uint64_t rows, std::uint64_t cols) {
  return matrix(rows, std::vector<std::int8_t>(rows * cols, 0));
}

/// The first bytes of an encoding.
Bytes start_of(std::string_view format, const Ternary& weights, std::size_t count) {
  Bytes all = find_codec(format)->encode(weights);
  REQUIRE(all.size() >= count);
  all.resize(count);
  return all;
}

}  // namespace

TEST_CASE("there is a codec for every ternary format and for no other") {
  REQUIRE(codecs().size() == formats::kTernary.size());
  for (std::size_t i = 0; i < codecs().size(); ++i) {
    CHECK(codecs()[i].format == formats::kTernary[i]);
    CHECK(find_codec(formats::kTernary[i]) == &codecs()[i]);
  }
  CHECK(find_codec("f32") == nullptr);
  CHECK(find_codec("i2_S") == nullptr);
}

TEST_CASE("t8 is codes as they are and the scale") {
  CHECK(find_codec("t8")->encode(matrix(2, {1, 0, -1, -1, 1, 1})) ==
        bytes({1, 0, 0xFF, 0xFF, 1, 1, 0x00, 0x00, 0x00, 0x3F}));
}

TEST_CASE("i2_s/arm is i2_s in blocks of 64") {
  Ternary weights = zeros(1, 128);
  weights.codes[0] = 1;         // byte 0, bits 7 6: 10
  weights.codes[16] = -1;       // byte 0, bits 5 4: 00
  weights.codes[15 + 32] = 1;   // byte 15, bits 3 2
  weights.codes[64 + 48] = -1;  // byte 16, bits 1 0
  Bytes wanted(32, std::byte{0x55});
  wanted[0] = std::byte{0b10'00'01'01};
  wanted[15] = std::byte{0b01'01'10'01};
  wanted[16] = std::byte{0b01'01'01'00};
  CHECK(start_of("i2_s/arm", weights, 32) == wanted);
  CHECK(find_codec("i2_s/arm")->encode(weights).size() == 64);
}

TEST_CASE("i2_s/4row is four rows in a byte") {
  // Columns of four rows, the first row in the high bits; the second four rows follow.
  const Ternary weights = matrix(8, {1, 0,   //
                                     0, -1,  //
                                     -1, 1,  //
                                     1, 1,   //
                                     0, 0, 0, 0, 0, 0, -1, 0});
  CHECK(start_of("i2_s/4row", weights, 4) ==
        bytes({0b10'01'00'10, 0b01'00'10'10, 0b01'01'01'00, 0b01'01'01'01}));
}

TEST_CASE("tl1 is pairs of 3 w0 + w1 + 4, the first in the high half") {
  // (-1,-1): 0  (-1,0): 1  (-1,1): 2  (0,-1): 3  (0,0): 4  (0,1): 5  (1,-1): 6  (1,0): 7  (1,1): 8
  CHECK(start_of("tl1",
                 matrix(1, {-1, -1, -1, 0, -1, 1, 0, -1, 0, 0, 0, 1, 1, -1, 1, 0, 1, 1, 0, 0}),
                 5) == bytes({0x01, 0x23, 0x45, 0x67, 0x84}));
  // A row of 5 ends in a pair with one weight and a pair with none.
  CHECK(find_codec("tl1")->encode(matrix(2, {0, 0, 0, 0, 1, 1, 1, 1, 1, -1})).size() == 4 + 32);
  CHECK(start_of("tl1", matrix(2, {0, 0, 0, 0, 1, 1, 1, 1, 1, -1}), 4) ==
        bytes({0x44, 0x74, 0x88, 0x14}));
}

TEST_CASE("tl2 is triples of 9 w0 + 3 w1 + w2 as magnitude and sign") {
  // Values of the triples: 13, -13, 9, -1, 0, 3, -5 (-1, 1, 1), 2 (0, 1, -1), 1.
  const std::vector<std::int8_t> row = {1, 1, 1, -1, -1, -1, 1, 0, 0, 0,  0, -1, 0, 0,
                                        0, 0, 1, 0,  -1, 1,  1, 0, 1, -1, 0, 0,  1};
  CHECK(start_of("tl2", matrix(1, row), 5 + 2) ==
        bytes({0xDD, 0x91, 0x03, 0x52, 0x10, 0b0101'0010, 0}));
  // Two rows of 4: a whole triple, then one weight with two that are not there; all magnitudes
  // come before all signs.
  const Ternary two = matrix(2, {0, 0, 1, -1, -1, 0, 0, 1});
  CHECK(start_of("tl2", two, 4) == bytes({0x19, 0x99, 0b0100'0000, 0b1000'0000}));
  CHECK(find_codec("tl2")->encode(two).size() == 4 + 32);
}

TEST_CASE("tq2_0 has the first group in the low bits and d behind the codes") {
  Ternary weights = zeros(1, 256);
  weights.codes[0] = 1;          // byte 0, bits 1 0
  weights.codes[32] = -1;        // byte 0, bits 3 2
  weights.codes[64 + 31] = 1;    // byte 31, bits 5 4
  weights.codes[128 + 96] = -1;  // byte 32, bits 7 6
  Bytes wanted(66, std::byte{0x55});
  wanted[0] = std::byte{0b01'01'00'10};
  wanted[31] = std::byte{0b01'10'01'01};
  wanted[32] = std::byte{0b00'01'01'01};
  wanted[64] = std::byte{0x00};  // 0.5 as binary16 is 0x3800
  wanted[65] = std::byte{0x38};
  CHECK(find_codec("tq2_0")->encode(weights) == wanted);
}

TEST_CASE("tq1_0 is five codes in a byte, rounded up from 256/243") {
  // All zero weights: five codes 1 are v = 121, ceil(256 * 121 / 243) = 128; in qh the fifth code
  // is 0: v = 120, ceil(126.4) = 127.
  Ternary weights = zeros(1, 256);
  Bytes wanted(54, std::byte{128});
  for (const std::size_t i : {48, 49, 50, 51}) wanted[i] = std::byte{127};
  wanted[52] = std::byte{0x00};
  wanted[53] = std::byte{0x38};
  CHECK(find_codec("tq1_0")->encode(weights) == wanted);
  // Codes 2 0 1 2 0 at elements 3, 35, 67, 99, 131: v = 162 + 9 + 6 = 177, ceil(186.47) = 187.
  weights.codes[3] = 1;
  weights.codes[35] = -1;
  weights.codes[99] = 1;
  weights.codes[131] = -1;
  wanted[3] = std::byte{187};
  // Element 224 + 15 is the last code of byte 47: v = 122, ceil(128.5) = 129.
  weights.codes[239] = 1;
  wanted[47] = std::byte{129};
  // Elements 241, 245, 249, 253 in qh[1]: codes 2 1 1 1: v = 162 + 27 + 9 + 3 = 201, ceil(211.8).
  weights.codes[241] = 1;
  wanted[49] = std::byte{212};
  CHECK(find_codec("tq1_0")->encode(weights) == wanted);
}

TEST_CASE("tq1_0 bytes give ggml's digits by its own rule") {
  for (int v = 0; v < 243; ++v) {
    Ternary weights = zeros(1, 256);
    int rest = v;
    for (const std::size_t element : {128, 96, 64, 32, 0}) {
      weights.codes[element] = static_cast<std::int8_t>(rest % 3 - 1);
      rest /= 3;
    }
    const int byte = std::to_integer<int>(find_codec("tq1_0")->encode(weights)[0]);
    int power = 1;
    for (const std::size_t element : {0, 32, 64, 96, 128}) {
      const int q = byte * power % 256;
      CHECK((q * 3 >> 8) - 1 == weights.codes[element]);
      power *= 3;
    }
  }
}

TEST_CASE("every codec decodes what it encoded") {
  for (const Codec& codec : codecs()) {
    for (const std::uint64_t rows : {1, 3, 4, 7}) {
      for (const std::uint64_t cols : {1, 2, 3, 5, 8, 24, 64, 128, 255, 256, 768, 2560}) {
        if (!formats::byte_size(codec.format, rows, cols)) continue;
        Ternary weights = zeros(rows, cols);
        for (std::uint64_t i = 0; i < weights.codes.size(); ++i) {
          weights.codes[i] = static_cast<std::int8_t>((i * 7 + i / 31 + i / cols) % 3) - 1;
        }
        CAPTURE(codec.format, rows, cols);
        const Ternary back = codec.decode(codec.encode(weights), rows, cols);
        CHECK(back.codes == weights.codes);
        CHECK(back.scale == 0.5F);
        CHECK(back.rows == rows);
        CHECK(back.cols == cols);
      }
    }
  }
}

TEST_CASE("codecs refuse bad scales, sizes, codes and shapes") {
  for (const Codec& codec : codecs()) {
    CAPTURE(codec.format);
    Ternary weights = zeros(4, 256);
    const Bytes good = codec.encode(weights);
    CHECK_THROWS_WITH(codec.decode(Bytes(good.begin(), good.end() - 1), 4, 256),
                      Contains(std::to_string(good.size())));
    CHECK_THROWS_WITH(codec.decode({}, 4, 256), Contains("0 bytes"));
    CHECK_THROWS_WITH(codec.decode(good, 0, 256), Contains("at least one row"));
    for (const float scale :
         {-1.0F, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
      weights.scale = scale;
      CHECK_THROWS_WITH(codec.encode(weights), Contains("scale"));
    }
    weights.scale = 1;
    weights.codes[300] = 2;
    CHECK_THROWS_WITH(codec.encode(weights), Contains("2 at row 1, column 44 is not ternary"));
    weights.codes.pop_back();
    CHECK_THROWS_WITH(codec.encode(weights), Contains("1023 codes"));
  }
}

TEST_CASE("why_not says what a format asks of a shape") {
  CHECK(formats::why_not("i2_s", 16, 128).empty());
  CHECK(formats::why_not("i2_s", 16, 100) ==
        "i2_s can't hold 16x100: columns must be a multiple of 128");
  CHECK(formats::why_not("i2_s/4row", 5, 7) ==
        "i2_s/4row can't hold 5x7: rows must be a multiple of 4");
  CHECK(formats::why_not("tq1_0", 1, 8640) ==
        "tq1_0 can't hold 1x8640: columns must be a multiple of 256");
  CHECK(formats::why_not("tl2", 3200, 8641).empty());
  CHECK(formats::why_not("f32", 1ULL << 40, 1ULL << 40) ==
        "f32 can't hold 1099511627776x1099511627776: more than 2^48 elements");
  CHECK(formats::why_not("q4_0", 1, 1) == "no format 'q4_0'");
}

TEST_CASE("f16 and bf16 round to nearest, ties to even") {
  CHECK(f16_bits(1) == 0x3C00);
  CHECK(f16_bits(-2) == 0xC000);
  CHECK(f16_bits(65504) == 0x7BFF);
  CHECK(f16_bits(65519) == 0x7BFF);
  CHECK(f16_bits(65520) == 0x7C00);
  CHECK(f16_bits(0x1p-24F) == 0x0001);
  CHECK(f16_bits(0x1p-25F) == 0x0000);
  CHECK(f16_bits(0x1.8p-24F) == 0x0002);
  CHECK(f16_bits(0x1p-14F) == 0x0400);
  CHECK(f16_bits(0x1.002p0F) == 0x3C00);  // between 1 and the next: to even
  CHECK(f16_bits(0x1.006p0F) == 0x3C02);
  CHECK(f16_bits(std::numeric_limits<float>::infinity()) == 0x7C00);
  CHECK(std::isnan(f16_value(f16_bits(std::numeric_limits<float>::quiet_NaN()))));
  CHECK(bf16_bits(1) == 0x3F80);
  CHECK(bf16_bits(0x1.01p0F) == 0x3F80);
  CHECK(bf16_bits(0x1.03p0F) == 0x3F82);
  CHECK(bf16_bits(0x1.fffffep127F) == 0x7F80);
  CHECK(std::isnan(bf16_value(bf16_bits(std::numeric_limits<float>::signaling_NaN()))));
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    if (!std::isnan(f16_value(half)) && f16_bits(f16_value(half)) != half) FAIL(bits);
    if (!std::isnan(bf16_value(half)) && bf16_bits(bf16_value(half)) != half) FAIL(bits);
  }
}

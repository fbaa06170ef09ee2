#include "oracle/codec.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "support/catch.hpp"

using namespace bitgate::oracle;
using Catch::Matchers::Contains;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Ternary zeros(std::uint64_t rows, std::uint64_t cols, float scale = 1) {
  return {rows, cols, std::vector<std::int8_t>(rows * cols, 0), scale};
}

/// The code bytes that a single non-zero weight gives, all others being zero (01 in two bits).
std::vector<std::byte> bytes_with(std::uint64_t index, std::int8_t weight) {
  Ternary weights = zeros(2, 128);
  weights.codes[index] = weight;
  std::vector<std::byte> bytes = encode_i2_s(weights);
  bytes.resize(64);
  return bytes;
}

std::vector<std::byte> zero_weight_bytes_but(std::size_t at, int value) {
  std::vector<std::byte> bytes(64, std::byte{0x55});
  bytes[at] = std::byte(value);
  return bytes;
}

}  // namespace

TEST_CASE("i2_s puts each weight of a block into its byte and bits") {
  // First group of 32 in the high bits; code = w + 1, so +1 is 10, 0 is 01 and -1 is 00.
  CHECK(bytes_with(0, 1) == zero_weight_bytes_but(0, 0b10'01'01'01));
  CHECK(bytes_with(32, 1) == zero_weight_bytes_but(0, 0b01'10'01'01));
  CHECK(bytes_with(64, 1) == zero_weight_bytes_but(0, 0b01'01'10'01));
  CHECK(bytes_with(96, 1) == zero_weight_bytes_but(0, 0b01'01'01'10));
  CHECK(bytes_with(0, -1) == zero_weight_bytes_but(0, 0b00'01'01'01));
  CHECK(bytes_with(31, 1) == zero_weight_bytes_but(31, 0b10'01'01'01));
  CHECK(bytes_with(127, -1) == zero_weight_bytes_but(31, 0b01'01'01'00));
  // The second row starts the second block.
  CHECK(bytes_with(128, 1) == zero_weight_bytes_but(32, 0b10'01'01'01));
  CHECK(bytes_with(255, 1) == zero_weight_bytes_but(63, 0b01'01'01'10));
}

TEST_CASE("i2_s bytes of a position-coded block are those of the public definition") {
  // w[p] counts p in base 3, w[64+p] its second digit, w[96+p] its third; w[32+p] is 0.
  constexpr std::array<int, 32> kCodes = {0x10, 0x50, 0x90, 0x14, 0x54, 0x94, 0x18, 0x58, 0x98,  //
                                          0x11, 0x51, 0x91, 0x15, 0x55, 0x95, 0x19, 0x59, 0x99,  //
                                          0x12, 0x52, 0x92, 0x16, 0x56, 0x96, 0x1A, 0x5A, 0x9A,  //
                                          0x10, 0x50, 0x90, 0x14, 0x54};
  Ternary weights = zeros(1, 128, 0.5F);
  for (std::size_t p = 0; p < 32; ++p) {
    weights.codes[p] = static_cast<std::int8_t>(p % 3) - 1;
    weights.codes[64 + p] = static_cast<std::int8_t>(p / 3 % 3) - 1;
    weights.codes[96 + p] = static_cast<std::int8_t>(p / 9 % 3) - 1;
  }
  const std::vector<std::byte> bytes = encode_i2_s(weights);
  REQUIRE(bytes.size() == 64);
  for (std::size_t i = 0; i < 32; ++i) {
    CAPTURE(i);
    CHECK(bytes[i] == std::byte(kCodes[i]));
  }
  constexpr std::array<int, 4> kHalf = {0x00, 0x00, 0x00, 0x3F};  // 0.5 as binary32
  for (std::size_t i = 0; i < 4; ++i) CHECK(bytes[32 + i] == std::byte(kHalf[i]));
  for (std::size_t i = 36; i < 64; ++i) CHECK(bytes[i] == std::byte{0});

  const Ternary back = decode_i2_s(bytes, 1, 128);
  CHECK(back.codes == weights.codes);
  CHECK(back.scale == 0.5F);
}

TEST_CASE("i2_s decodes what it encoded for all shapes that it holds") {
  for (const std::uint64_t rows : {1, 3, 5, 16}) {
    for (const std::uint64_t cols : {128, 256, 2560, 6912}) {
      Ternary weights = zeros(rows, cols, 1.0F / 64);
      for (std::uint64_t i = 0; i < weights.codes.size(); ++i) {
        weights.codes[i] = static_cast<std::int8_t>((i * 7 + i / 128 + i / cols) % 3) - 1;
      }
      const std::vector<std::byte> bytes = encode_i2_s(weights);
      CHECK(bytes.size() == rows * cols / 4 + 32);
      const Ternary back = decode_i2_s(bytes, rows, cols);
      CHECK(back.rows == rows);
      CHECK(back.cols == cols);
      CHECK(back.codes == weights.codes);
      CHECK(back.scale == weights.scale);
    }
  }
}

TEST_CASE("i2_s names the first weight with the illegal code 3") {
  std::vector<std::byte> bytes = encode_i2_s(zeros(3, 256));
  // Block 3 is columns 128 to 255 of row 1; bits 3 2 of its byte 5 are weight 64 + 5 of it.
  bytes[3 * 32 + 5] |= std::byte{0b11'00};
  bytes[5 * 32] = std::byte{0xFF};
  CHECK_THROWS_WITH(decode_i2_s(bytes, 3, 256), Contains("code 3 at row 1, column 197"));
}

TEST_CASE("i2_s does not read its padding") {
  std::vector<std::byte> bytes = encode_i2_s(zeros(1, 128));
  for (std::size_t i = 36; i < bytes.size(); ++i) bytes[i] = std::byte{0xFF};
  CHECK(decode_i2_s(bytes, 1, 128).codes == zeros(1, 128).codes);
}

TEST_CASE("i2_s refuses wrong sizes and shapes") {
  const std::vector<std::byte> bytes = encode_i2_s(zeros(2, 128));
  REQUIRE(bytes.size() == 96);
  const auto first = [&](std::size_t count) {
    return std::vector<std::byte>(bytes.begin(), bytes.begin() + static_cast<long>(count));
  };
  CHECK_THROWS_WITH(decode_i2_s(first(95), 2, 128), Contains("95 bytes") && Contains("96"));
  CHECK_THROWS_AS(decode_i2_s(first(64), 2, 128), std::invalid_argument);  // no scale
  CHECK_THROWS_AS(decode_i2_s({}, 2, 128), std::invalid_argument);
  CHECK_THROWS_AS(decode_i2_s(bytes, 1, 128), std::invalid_argument);
  // 256 weights as well, but a row would end inside a block.
  CHECK_THROWS_WITH(decode_i2_s(bytes, 4, 64), Contains("4x64") && Contains("multiple of 128"));
  CHECK_THROWS_AS(encode_i2_s(zeros(4, 64)), std::invalid_argument);
  CHECK_THROWS_AS(encode_i2_s(zeros(0, 128)), std::invalid_argument);
  CHECK_THROWS_AS(decode_i2_s(bytes, std::uint64_t{1} << 60, 128), std::invalid_argument);
}

TEST_CASE("i2_s refuses to encode what is not ternary or not a matrix") {
  Ternary weights = zeros(2, 128);
  weights.codes[130] = 2;
  CHECK_THROWS_WITH(encode_i2_s(weights), Contains("2 at row 1, column 2"));
  weights.codes[130] = -2;
  CHECK_THROWS_AS(encode_i2_s(weights), std::invalid_argument);
  weights.codes.pop_back();
  CHECK_THROWS_WITH(encode_i2_s(weights), Contains("255 codes"));
}

TEST_CASE("A scale is finite and not negative") {
  for (const float scale : {0.0F, 1e-40F, 1.0F, std::numeric_limits<float>::max()}) {
    const std::vector<std::byte> bytes = encode_i2_s(zeros(1, 128, scale));
    CHECK(decode_i2_s(bytes, 1, 128).scale == scale);
  }
  constexpr std::array<std::array<int, 4>, 3> kBad = {{
      {0x00, 0x00, 0xC0, 0x7F},  // NaN
      {0x00, 0x00, 0x80, 0x7F},  // infinity
      {0x00, 0x00, 0x80, 0xBF},  // -1
  }};
  for (const auto& bad : kBad) {
    std::vector<std::byte> bytes = encode_i2_s(zeros(1, 128));
    for (std::size_t i = 0; i < 4; ++i) bytes[32 + i] = std::byte(bad[i]);
    CHECK_THROWS_WITH(decode_i2_s(bytes, 1, 128), Contains("scale"));
  }
  CHECK_THROWS_AS(encode_i2_s(zeros(1, 128, -1)), std::invalid_argument);
  CHECK_THROWS_AS(encode_i2_s(zeros(1, 128, kNan)), std::invalid_argument);
}

TEST_CASE("i8 is the codes, then a scale for each row") {
  const Int8 values{2, 3, {1, -1, 127, -128, 0, 5}, {0.5F, 1.0F}};
  constexpr std::array<int, 14> kBytes = {0x01, 0xFF, 0x7F, 0x80, 0x00, 0x05, 0x00,
                                          0x00, 0x00, 0x3F, 0x00, 0x00, 0x80, 0x3F};
  const std::vector<std::byte> bytes = encode_i8(values);
  REQUIRE(bytes.size() == kBytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) CHECK(bytes[i] == std::byte(kBytes[i]));
  const Int8 back = decode_i8(bytes, 2, 3);
  CHECK(back.codes == values.codes);
  CHECK(back.scales == values.scales);
}

TEST_CASE("i8 refuses wrong sizes and names the row of a bad scale") {
  const std::vector<std::byte> bytes = encode_i8({2, 2, {1, 2, 3, 4}, {1, 1}});
  CHECK_THROWS_AS(decode_i8(bytes, 2, 3), std::invalid_argument);
  CHECK_THROWS_AS(decode_i8(bytes, 0, 3), std::invalid_argument);
  CHECK_THROWS_WITH(encode_i8({2, 2, {1, 2, 3, 4}, {1}}), Contains("1 scales"));
  CHECK_THROWS_WITH(encode_i8({2, 2, {1, 2, 3}, {1, 1}}), Contains("3 codes"));
  CHECK_THROWS_WITH(encode_i8({2, 2, {1, 2, 3, 4}, {1, kInfinity}}), Contains("row 1"));
  std::vector<std::byte> negative = bytes;
  negative[7] |= std::byte{0x80};  // sign of the first scale
  CHECK_THROWS_WITH(decode_i8(negative, 2, 2), Contains("row 0"));
}

TEST_CASE("Weights that are ternary already keep their sign, and the scale is the largest") {
  const std::vector<float> weights = {0.25F,    -0.25F,  0,        9.9e-7F,
                                      -9.9e-7F, 1.1e-6F, -1.1e-6F, -0.0F};
  const Ternary out = quantize_ternary(weights, 2, 4, Rounding::kTernary);
  CHECK(out.rows == 2);
  CHECK(out.cols == 4);
  CHECK(out.scale == 0.25F);
  CHECK(out.codes == std::vector<std::int8_t>{1, -1, 0, 0, 0, 1, -1, 0});
}

TEST_CASE("Absmean scales by the mean size and rounds at half of it, the half down") {
  // mean |w| = (2 + 1 + 0.5 + 0.5) / 4 = 1
  const std::vector<float> weights = {2, -1, 0.5F, -0.5F};
  const Ternary out = quantize_ternary(weights, 1, 4, Rounding::kAbsmean);
  CHECK(out.scale == 1.0F);
  CHECK(out.codes == std::vector<std::int8_t>{1, -1, 0, 0});
  const float above = std::nextafter(0.5F, 1.0F);
  CHECK(ternary_codes(std::vector<float>{above, -above, 0.5F}, 1, Rounding::kAbsmean) ==
        std::vector<std::int8_t>{1, -1, 0});
}

TEST_CASE("All-zero weights quantize to zeros") {
  const std::vector<float> weights(6, 0.0F);
  const Ternary ternary = quantize_ternary(weights, 2, 3, Rounding::kTernary);
  CHECK(ternary.scale == 0.0F);
  CHECK(ternary.codes == std::vector<std::int8_t>(6, 0));
  const Ternary absmean = quantize_ternary(weights, 2, 3, Rounding::kAbsmean);
  CHECK(absmean.scale == 1e-5F);
  CHECK(absmean.codes == std::vector<std::int8_t>(6, 0));
}

TEST_CASE("Activations are scaled row by row to 127 and rounded half to even") {
  const std::vector<float> values = {127, 0.5F, 1.5F, 2.5F, -0.5F, -1.5F,  //
                                     0,   0,    0,    0,    0,     -2};
  const Int8 out = quantize_i8(values, 2, 6);
  CHECK(out.codes == std::vector<std::int8_t>{127, 0, 2, 2, 0, -2, 0, 0, 0, 0, 0, -127});
  CHECK(out.scales == std::vector<float>{1.0F, 2.0F / 127.0F});
}

TEST_CASE("An all-zero row of activations gets the smallest scale, not a division by zero") {
  const Int8 out = quantize_i8(std::vector<float>(4, 0.0F), 1, 4);
  CHECK(out.codes == std::vector<std::int8_t>(4, 0));
  CHECK(out.scales == std::vector<float>{1e-5F / 127.0F});
}

TEST_CASE("Quantizing refuses a wrong count and numbers that are none") {
  const std::vector<float> five(5, 1.0F);
  CHECK_THROWS_WITH(quantize_ternary(five, 2, 3, Rounding::kTernary), Contains("5 values"));
  CHECK_THROWS_AS(quantize_i8(five, 2, 3), std::invalid_argument);
  CHECK_THROWS_AS(quantize_ternary({}, 0, 0, Rounding::kAbsmean), std::invalid_argument);
  const std::vector<float> broken = {0, 1, 2, 3, kNan, 5};
  CHECK_THROWS_WITH(quantize_ternary(broken, 2, 3, Rounding::kAbsmean),
                    Contains("row 1, column 1"));
  CHECK_THROWS_WITH(quantize_i8(std::vector<float>{0, kInfinity}, 1, 2),
                    Contains("row 0, column 1"));
}

TEST_CASE("Dequantized weights are code times scale") {
  CHECK(dequantize({1, 3, {-1, 0, 1}, 0.3F}) == std::vector<float>{-0.3F, 0.0F, 0.3F});
}

TEST_CASE("cosine sees directions, and the largest difference one bad value") {
  const std::vector<float> x = {3, 4};
  CHECK(cosine(x, x) == Approx(1));
  CHECK(cosine(x, std::vector<float>{6, 8}) == Approx(1));
  CHECK(cosine(x, std::vector<float>{4, -3}) == Approx(0).margin(1e-12));
  CHECK(cosine(std::vector<float>{0, 0}, std::vector<float>{0, 0}) == 1);
  CHECK(cosine(std::vector<float>{0, 0}, x) == 0);
  CHECK(std::isnan(cosine(x, std::vector<float>{kNan, 4})));
  CHECK_THROWS_AS(cosine(x, std::vector<float>{3}), std::invalid_argument);
  CHECK(max_abs_difference(x, x) == 0);
  CHECK(max_abs_difference(x, std::vector<float>{3.5F, 2}) == 2);
  CHECK(std::isnan(max_abs_difference(x, std::vector<float>{kNan, 9})));
  CHECK_THROWS_AS(max_abs_difference(x, std::vector<float>{3}), std::invalid_argument);
}

TEST_CASE("nmse relates the squared error to the squares of its first argument") {
  const std::vector<float> x = {3, 4};
  CHECK(nmse(x, x) == 0);
  CHECK(nmse(x, std::vector<float>{3, 3}) == Approx(1.0 / 25));
  CHECK(nmse(x, std::vector<float>{0, 0}) == Approx(1.0));
  CHECK(nmse(std::vector<float>{0, 0}, std::vector<float>{0, 0}) == 0);
  CHECK(std::isinf(nmse(std::vector<float>{0, 0}, x)));
  CHECK(std::isnan(nmse(x, std::vector<float>{kNan, 4})));
  CHECK_THROWS_AS(nmse(x, std::vector<float>{3}), std::invalid_argument);
}

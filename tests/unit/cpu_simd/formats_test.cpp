// Ternary bytes in and out of this backend: bit for bit, whatever it keeps them in, and nothing
// illegal.
#include <bitgate/formats.hpp>

#include "machine.hpp"
#include "oracle/registry.hpp"
#include "support/catch.hpp"

namespace oracle = bitgate::oracle;
namespace formats = bitgate::formats;
using Catch::Matchers::Contains;

TEST_CASE("every format reads back bit for bit, on every implementation") {
  for (const oracle::Codec& codec : oracle::codecs()) {
    for (const std::uint64_t rows : {1, 3, 5, 16, 33}) {
      for (const std::uint64_t cols : {1, 2, 4, 5, 61, 128, 256, 2560}) {
        const Shape shape = fitted(codec.format, rows, cols);
        const Bytes bytes = codec.encode(position_coded(shape.rows, shape.cols));
        for (const cpu_simd::Implementation* on : usable()) {
          CAPTURE(codec.format, shape.rows, shape.cols, on->name);
          TestTensor tensor(*on, std::string(codec.format), shape.rows, shape.cols);
          tensor.write(bytes);
          CHECK(tensor.read() == bytes);
        }
      }
    }
  }
}

TEST_CASE("scales of single blocks survive") {
  for (const std::string_view format : {formats::kTq1, formats::kTq2}) {
    oracle::Ternary weights = position_coded(3, 512);
    weights.block_scales = {0, 0.25F, 1, 2, 0x1p-20F, 65504};
    const Bytes bytes = oracle::find_codec(format)->encode(weights);
    for (const cpu_simd::Implementation* on : usable()) {
      CAPTURE(format, on->name);
      TestTensor tensor(*on, std::string(format), 3, 512);
      tensor.write(bytes);
      CHECK(tensor.read() == bytes);
      TestTensor values(*on, "f32", 3, 512);
      run(*on, "dequantize", {&tensor}, values, {}, 2);
      CHECK(values_of<float>(values.read()) == oracle::dequantize(weights));
    }
  }
}

namespace {

/// Both the backend and the oracle refuse the bytes and name the same place.
void check_refused(std::string_view format, std::uint64_t rows, std::uint64_t cols,
                   const Bytes& bytes, const std::string& place) {
  CAPTURE(format, place);
  CHECK_THROWS_WITH(oracle::find_codec(format)->decode(bytes, rows, cols),
                    Contains("illegal") && Contains(place));
  for (const cpu_simd::Implementation* on : usable()) {
    CAPTURE(on->name);
    TestTensor tensor(*on, std::string(format), rows, cols);
    CHECK_THROWS_WITH(tensor.write(bytes), Contains("illegal") && Contains(place));
  }
}

Bytes zeros(std::string_view format, std::uint64_t rows, std::uint64_t cols) {
  return oracle::find_codec(format)->encode(
      {rows, cols, std::vector<std::int8_t>(rows * cols, 0), 1});
}

}  // namespace

TEST_CASE("codes that stand for nothing are refused by name of row and column") {
  Bytes bytes = zeros("t8", 2, 8);
  bytes[11] = std::byte{2};
  check_refused("t8", 2, 8, bytes, "row 1, column 3");

  bytes = zeros("i2_s", 2, 256);
  bytes[64 + 32 + 5] |= std::byte{0b11'00};
  check_refused("i2_s", 2, 256, bytes, "row 1, column 197");

  // In every place of a group of rows that is packed together.
  for (std::size_t at = 0; at < 64 * 32; at += 67) {
    bytes = zeros("i2_s", 64, 128);
    bytes[at] |= std::byte{0b11'00'00'00};
    check_refused("i2_s", 64, 128, bytes,
                  "row " + std::to_string(at / 32) + ", column " + std::to_string(at % 32));
  }

  bytes = zeros("i2_s/arm", 1, 128);
  bytes[16 + 2] |= std::byte{0b11};
  check_refused("i2_s/arm", 1, 128, bytes, "row 0, column 114");

  bytes = zeros("i2_s/4row", 4, 8);
  bytes[5] |= std::byte{0b11'00};
  check_refused("i2_s/4row", 4, 8, bytes, "row 2, column 5");

  for (int code = 9; code < 16; ++code) {
    bytes = zeros("tl1", 2, 8);
    bytes[2 + 1] = std::byte(0x40 | code);
    check_refused("tl1", 2, 8, bytes, "row 1, column 6");
  }

  for (const int magnitude : {14, 15}) {
    bytes = zeros("tl2", 2, 12);
    bytes[2] = std::byte(magnitude << 4);
    check_refused("tl2", 2, 12, bytes, "row 1, column 0");
  }
  bytes = zeros("tl2", 2, 12);
  bytes[4] = std::byte{0b0010'0000};  // a sign without a magnitude
  check_refused("tl2", 2, 12, bytes, "row 0, column 6");

  bytes = zeros("tq2_0", 1, 256);
  bytes[32] |= std::byte{0b11};
  check_refused("tq2_0", 1, 256, bytes, "row 0, column 128");

  bytes = zeros("tq1_0", 1, 256);
  bytes[33] = std::byte{0xFF};  // 242 is 255, but 241 is 254: 0xFF is legal, so look below
  CHECK_NOTHROW(oracle::find_codec("tq1_0")->decode(bytes, 1, 256));
  bytes[33] = std::byte{0x14};  // 19 of 243 is 0x15, 18 is 0x13
  check_refused("tq1_0", 1, 256, bytes, "row 0, column 161");
}

TEST_CASE("what is behind the end of a row must be nothing") {
  // One row of 5: two bytes of pairs, of which the second holds weight 4 and three that are not
  // there.
  Bytes bytes = zeros("tl1", 1, 5);
  bytes[1] = std::byte{0x45};
  CHECK_THROWS_WITH(oracle::find_codec("tl1")->decode(bytes, 1, 5), Contains("behind the end"));
  bytes = zeros("tl2", 1, 4);
  bytes[0] = std::byte{0x01};  // the second triple's last weight
  CHECK_THROWS_WITH(oracle::find_codec("tl2")->decode(bytes, 1, 4), Contains("behind the end"));
  for (const cpu_simd::Implementation* on : usable()) {
    TestTensor tensor(*on, "tl2", 1, 4);
    CHECK_THROWS_WITH(tensor.write(bytes), Contains("illegal"));
  }
}

TEST_CASE("a tensor that several threads write is the same, and so is the place that they refuse") {
  const std::size_t threads = 3;  // on however many cores
  for (const std::string_view format : {"i2_s", "tl2", "tq2_0", "f16", "i8"}) {
    const Shape shape = fitted(format, 300, 2500);
    Bytes bytes(*formats::byte_size(format, shape.rows, shape.cols), std::byte{0x11});
    if (const oracle::Codec* codec = oracle::find_codec(format)) {
      bytes = codec->encode(position_coded(shape.rows, shape.cols));
    }
    CAPTURE(format);
    for (const cpu_simd::Implementation* on : usable()) {
      TestTensor tensor(*on, std::string(format), shape.rows, shape.cols);
      tensor.write(bytes, threads);
      CHECK(tensor.read() == bytes);
    }
  }
  Bytes bytes = zeros("t8", 500, 640);
  for (const std::size_t row : {499, 170, 333}) bytes[row * 640 + 7] = std::byte{2};
  for (const cpu_simd::Implementation* on : usable()) {
    TestTensor tensor(*on, "t8", 500, 640);
    CHECK_THROWS_WITH(tensor.write(bytes, threads), Contains("row 170, column 7"));
  }
  bytes = zeros("i2_s", 500, 640);
  for (const std::size_t row : {499, 170, 333}) bytes[row * 160 + 7] |= std::byte{0xC0};
  for (const cpu_simd::Implementation* on : usable()) {
    TestTensor tensor(*on, "i2_s", 500, 640);
    CHECK_THROWS_WITH(tensor.write(bytes, threads), Contains("row 170, column 7"));
  }
}

TEST_CASE("i2_s bytes of one variant are other weights in another") {
  const oracle::Ternary weights = position_coded(4, 256);
  const Bytes bytes = oracle::find_codec("i2_s")->encode(weights);
  for (const std::string_view other : {formats::kI2SArm, formats::kI2S4Row}) {
    CHECK(oracle::find_codec(other)->decode(bytes, 4, 256).codes != weights.codes);
  }
}

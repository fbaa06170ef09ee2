// Quantizing and dequantizing on every implementation, against the oracle.
#include <bitgate/formats.hpp>

#include <cmath>
#include <limits>

#include "machine.hpp"
#include "model/synthetic.hpp"
#include "oracle/half.hpp"
#include "oracle/registry.hpp"
#include "support/catch.hpp"

namespace oracle = bitgate::oracle;

namespace {

Bytes quantized(const cpu_simd::Implementation& on, std::string_view format, Shape shape,
                const std::vector<float>& values, std::string_view rounding,
                std::size_t threads = 1) {
  TestTensor x(on, "f32", shape.rows, shape.cols);
  TestTensor q(on, std::string(format), shape.rows, shape.cols);
  x.write(bytes_of(values));
  run(on, "quantize", {&x}, q, rounding, threads);
  return q.read();
}

}  // namespace

TEST_CASE("ternary weights are quantized as the oracle does, whatever the format") {
  for (const oracle::Codec& codec : oracle::codecs()) {
    for (const Shape wish : {Shape{1, 1}, Shape{5, 61}, Shape{33, 300}, Shape{70, 2560}}) {
      const Shape shape = fitted(codec.format, wish.rows, wish.cols);
      std::vector<float> values(shape.rows * shape.cols);
      bitgate::fill_weights(values, bitgate::Values::kTernary, 3);
      const Bytes right = codec.encode(
          oracle::quantize_ternary(values, shape.rows, shape.cols, oracle::Rounding::kTernary));
      for (const cpu_simd::Implementation* on : usable()) {
        for (const std::size_t threads : {1, 2}) {
          CAPTURE(codec.format, shape.rows, shape.cols, on->name, threads);
          CHECK(quantized(*on, codec.format, shape, values, "ternary", threads) == right);
        }
      }
    }
  }
}

TEST_CASE("absmean takes the oracle's codes, and its scale to the last bits") {
  const Shape shape{37, 512};
  std::vector<float> values(shape.rows * shape.cols);
  bitgate::fill_weights(values, bitgate::Values::kGaussian, 5);
  for (const cpu_simd::Implementation* on : usable()) {
    const Bytes one = quantized(*on, "tl1", shape, values, "absmean", 1);
    CAPTURE(on->name);
    CHECK(quantized(*on, "tl1", shape, values, "absmean", 2) == one);
    const oracle::Ternary got = oracle::find_codec("tl1")->decode(one, shape.rows, shape.cols);
    const float mean = oracle::ternary_scale(values, oracle::Rounding::kAbsmean);
    CHECK(std::abs(got.scale - mean) <= 2 * std::numeric_limits<float>::epsilon() * mean);
    CHECK(got.codes == oracle::ternary_codes(values, got.scale, oracle::Rounding::kAbsmean));
  }
}

TEST_CASE("dequantized ternary weights are code times scale") {
  for (const oracle::Codec& codec : oracle::codecs()) {
    const Shape shape = fitted(codec.format, 35, 133);
    const oracle::Ternary weights = position_coded(shape.rows, shape.cols);
    for (const cpu_simd::Implementation* on : usable()) {
      CAPTURE(codec.format, on->name);
      TestTensor q(*on, std::string(codec.format), shape.rows, shape.cols);
      TestTensor y(*on, "f32", shape.rows, shape.cols);
      q.write(codec.encode(weights));
      run(*on, "dequantize", {&q}, y, {}, 2);
      CHECK(values_of<float>(y.read()) == oracle::dequantize(weights));
    }
  }
}

TEST_CASE("i8 rows get their own scale and round half to even") {
  for (const std::uint64_t cols : {1, 7, 16, 33, 256}) {
    std::vector<float> values(3 * cols);
    bitgate::fill_activations(values, 9, 0);
    for (std::uint64_t i = 0; i < cols; ++i) values[cols + i] = 0;
    const oracle::Int8 wanted = oracle::quantize_i8(values, 3, cols);
    for (const cpu_simd::Implementation* on : usable()) {
      CAPTURE(cols, on->name);
      CHECK(quantized(*on, "i8", {3, cols}, values, "absmax") == oracle::encode_i8(wanted));
      TestTensor q(*on, "i8", 3, cols);
      TestTensor y(*on, "f32", 3, cols);
      q.write(oracle::encode_i8(wanted));
      run(*on, "dequantize", {&q}, y);
      const std::vector<float> got = values_of<float>(y.read());
      for (std::uint64_t i = 0; i < got.size(); ++i) {
        REQUIRE(got[i] == static_cast<float>(wanted.codes[i]) * wanted.scales[i / cols]);
      }
    }
  }
}

TEST_CASE("f16 and bf16 round to nearest, ties to even, at every magnitude") {
  // Around every f16: the value, its midpoints to the neighbours and the floats beside those.
  std::vector<float> values;
  for (std::uint32_t bits = 0; bits < 0x7C00; bits += 7) {
    const float value = oracle::f16_value(static_cast<std::uint16_t>(bits));
    const float next = oracle::f16_value(static_cast<std::uint16_t>(bits + 1));
    const float middle = bits + 1 == 0x7C00 ? 65520.0F : value + (next - value) / 2;
    for (const float x :
         {value, middle, std::nextafter(middle, 0.0F), std::nextafter(middle, 1e9F)}) {
      values.push_back(x);
      values.push_back(-x);
    }
  }
  for (const float x : {0.0F, 1e30F, -1e30F, 0x1.fffffep127F, 0x1p-149F, 0x1p-126F, 1.00390625F,
                        1.01171875F, std::numeric_limits<float>::infinity()}) {
    values.push_back(x);
  }
  for (const std::string format : {"f16", "bf16"}) {
    for (const cpu_simd::Implementation* on : usable()) {
      CAPTURE(format, on->name);
      const Shape shape{1, values.size()};
      const Bytes bytes = quantized(*on, format, shape, values, "nearest");
      CHECK(bytes == oracle::encode_half(format, values));
      TestTensor q(*on, format, 1, values.size());
      TestTensor y(*on, "f32", 1, values.size());
      q.write(bytes);
      run(*on, "dequantize", {&q}, y);
      CHECK(values_of<float>(y.read()) == oracle::decode_half(format, bytes));
    }
  }
}

TEST_CASE("the backend says why it does not support an operation") {
  const auto reason = [](std::string_view kind, std::string_view from, std::string_view to,
                         std::string_view rounding) {
    const bg_attribute attribute{{"rounding", 8}, 0, 0, {rounding.data(), rounding.size()}};
    const std::size_t attributes = rounding.empty() ? 0 : 1;
    const bitgate::Op op{
        kind, {{{from, 2, {6, 100}}}}, {{{to, 2, {6, 100}}}}, {&attribute, attributes}};
    return cpu_simd::supports(op).reason;
  };
  CHECK(reason("quantize", "f32", "i2_s", "ternary") ==
        "i2_s can't hold 6x100: columns must be a multiple of 128");
  CHECK(reason("quantize", "f32", "i2_s/4row", "ternary") ==
        "i2_s/4row can't hold 6x100: rows must be a multiple of 4");
  CHECK(reason("quantize", "f32", "tl3", "ternary") == "no format 'tl3'");
  CHECK(reason("quantize", "f32", "tl1", "absmax") == "quantize to tl1 with rounding 'absmax'");
  CHECK(reason("dequantize", "tl2", "f16", "") == "dequantize tl2 to f16");
  CHECK(reason("transpose", "f32", "f32", "") == "operation 'transpose'");
  CHECK(reason("quantize", "f32", "tl2", "absmean").empty());
}

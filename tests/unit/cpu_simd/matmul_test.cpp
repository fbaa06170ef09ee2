// Products of ternary weights with int8 activations, on every implementation that this machine can
// run, in every format, against the oracle: exact, so also equal between them.
#include "oracle/matmul.hpp"

#include <algorithm>

#include <bitgate/formats.hpp>

#include "machine.hpp"
#include "model/synthetic.hpp"
#include "oracle/registry.hpp"
#include "support/catch.hpp"

namespace oracle = bitgate::oracle;
namespace formats = bitgate::formats;

namespace {

Bytes encoded(std::string_view format, const oracle::Ternary& weights) {
  return oracle::find_codec(format)->encode(weights);
}

Bytes activations(const std::vector<std::int8_t>& codes, std::uint64_t batch) {
  return oracle::encode_i8({batch, codes.size() / batch, codes, std::vector<float>(batch, 1)});
}

std::vector<std::int8_t> some_activations(std::uint64_t count) {
  std::vector<std::int8_t> codes(count);
  bitgate::fill_activations(codes, 7, 0);
  return codes;
}

std::vector<std::int32_t> product(const cpu_simd::Implementation& on, std::string_view format,
                                  const oracle::Ternary& weights, const std::vector<std::int8_t>& x,
                                  std::uint64_t batch, std::size_t threads = 1) {
  TestTensor w(on, std::string(format), weights.rows, weights.cols);
  TestTensor a(on, "i8", batch, weights.cols);
  TestTensor y(on, "i32", batch, weights.rows);
  w.write(encoded(format, weights));
  a.write(activations(x, batch));
  y.write(Bytes(batch * weights.rows * 4, std::byte{0xA5}));
  run(on, "matmul", {&w, &a}, y, {}, threads);
  return values_of<std::int32_t>(y.read());
}

std::vector<std::int32_t> wanted(const oracle::Ternary& weights, const std::vector<std::int8_t>& x,
                                 std::uint64_t batch) {
  return oracle::matmul_i8(weights.codes, x, weights.rows, weights.cols, batch);
}

oracle::Ternary filled(std::uint64_t rows, std::uint64_t cols, std::int8_t code) {
  return {rows, cols, std::vector<std::int8_t>(rows * cols, code), 1};
}

}  // namespace

TEST_CASE("ternary products are exact for every format, implementation and number of rows") {
  for (const std::uint64_t rows : {1, 3, 4, 5, 16, 17, 31, 32, 33, 65}) {
    for (const std::string_view format : formats::kTernary) {
      const Shape shape = fitted(format, rows, 256);
      const oracle::Ternary weights = position_coded(shape.rows, shape.cols);
      for (const std::uint64_t batch : {1, 3, 13}) {
        const std::vector<std::int8_t> x = some_activations(batch * shape.cols);
        const std::vector<std::int32_t> right = wanted(weights, x, batch);
        for (const cpu_simd::Implementation* on : usable()) {
          CAPTURE(rows, format, batch, on->name);
          CHECK(product(*on, format, weights, x, batch) == right);
        }
      }
    }
  }
}

TEST_CASE("ternary products are exact for every format, implementation and number of columns") {
  for (const std::uint64_t cols : {1, 2, 3, 19, 20, 21, 127, 128, 256, 257, 384, 640, 2560, 8640}) {
    for (const std::string_view format : formats::kTernary) {
      const Shape shape = fitted(format, 33, cols);
      const oracle::Ternary weights = position_coded(shape.rows, shape.cols);
      for (const std::uint64_t batch : {1, 5}) {
        const std::vector<std::int8_t> x = some_activations(batch * shape.cols);
        const std::vector<std::int32_t> right = wanted(weights, x, batch);
        for (const cpu_simd::Implementation* on : usable()) {
          CAPTURE(cols, format, batch, on->name);
          CHECK(product(*on, format, weights, x, batch) == right);
        }
      }
    }
  }
}

TEST_CASE("ternary products write every row of every batch size, on one thread and on two") {
  const oracle::Ternary weights = position_coded(100, 384);
  for (const std::uint64_t batch : {1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 16, 17, 24, 33}) {
    const std::vector<std::int8_t> x = some_activations(batch * 384);
    const std::vector<std::int32_t> right = wanted(weights, x, batch);
    for (const cpu_simd::Implementation* on : usable()) {
      for (const std::size_t threads : {1, 2}) {
        for (const std::string_view format : {formats::kI2S, formats::kTl2}) {
          CAPTURE(batch, on->name, threads, format);
          CHECK(product(*on, format, weights, x, batch, threads) == right);
        }
      }
    }
  }
}

TEST_CASE("ternary products do not wrap where sums are largest") {
  struct Extreme {
    std::int8_t weight;
    std::int8_t activation;
  };
  // All +1 with 64 at 4096 columns is what wraps 16-bit sums of known kernels first.
  for (const Extreme extreme : {Extreme{1, 64}, {1, 127}, {1, -128}, {-1, 127}, {-1, -128}}) {
    for (const std::uint64_t cols : {2048, 2176, 2560, 4096, 131072}) {
      const oracle::Ternary weights = filled(2, cols, extreme.weight);
      for (const std::uint64_t batch : {1, 4}) {
        const std::vector<std::int8_t> x(batch * cols, extreme.activation);
        const std::int32_t sum =
            static_cast<std::int32_t>(cols) * extreme.weight * extreme.activation;
        for (const cpu_simd::Implementation* on : usable()) {
          for (const std::string_view format : {formats::kI2S, formats::kTl2}) {
            CAPTURE(int{extreme.weight}, int{extreme.activation}, cols, batch, on->name, format);
            CHECK(product(*on, format, weights, x, batch) ==
                  std::vector<std::int32_t>(batch * 2, sum));
          }
        }
      }
    }
  }
}

TEST_CASE("all five weights that may share a byte come apart") {
  // Row r has the digits of r in base 3, one for each four columns: what a byte of 1.6 bits a
  // weight holds, in all its 243 values.
  oracle::Ternary weights = filled(243, 20, 0);
  for (int row = 0; row < 243; ++row) {
    for (int col = 0, digits = row; col < 20; col += 4, digits /= 3) {
      std::fill_n(weights.codes.begin() + row * 20 + col, 4,
                  static_cast<std::int8_t>(digits % 3 - 1));
    }
  }
  for (const std::uint64_t batch : {1, 12}) {
    const std::vector<std::int8_t> x = some_activations(batch * 20);
    for (const cpu_simd::Implementation* on : usable()) {
      CAPTURE(batch, on->name);
      CHECK(product(*on, formats::kTl2, weights, x, batch) == wanted(weights, x, batch));
    }
  }
}

TEST_CASE("a single weight finds its activation, wherever it is") {
  for (const std::uint64_t at : {0, 1, 3, 4, 15, 16, 19, 20, 79, 80, 127, 128, 255}) {
    oracle::Ternary weights = filled(2, 256, 0);
    weights.codes[256 + at] = -1;
    std::vector<std::int8_t> x(256, 1);
    x[at] = -100;
    for (const cpu_simd::Implementation* on : usable()) {
      for (const std::string_view format : {formats::kT8, formats::kTl1, formats::kTl2}) {
        CAPTURE(at, on->name, format);
        CHECK(product(*on, format, weights, x, 1) == std::vector<std::int32_t>{0, 100});
      }
    }
  }
}

TEST_CASE("float products stay within the bound of their type", "[floats]") {
  for (const std::string format : {"f32", "f16", "bf16"}) {
    for (const std::uint64_t cols : {1, 7, 31, 33, 256, 2563}) {
      for (const std::uint64_t rows : {1, 5, 13}) {
        for (const std::uint64_t batch : {1, 2, 3, 5, 9}) {
          std::vector<float> w(rows * cols);
          std::vector<float> x(batch * cols);
          bitgate::fill_activations(w, 1, 0);
          bitgate::fill_activations(x, 2, 0);
          const bool half = format != "f32";
          const Bytes w_bytes = half ? oracle::encode_half(format, w) : bytes_of(w);
          const Bytes x_bytes = half ? oracle::encode_half(format, x) : bytes_of(x);
          if (half) {
            w = oracle::decode_half(format, w_bytes);
            x = oracle::decode_half(format, x_bytes);
          }
          const oracle::Bounded right = half ? oracle::matmul_half(w, x, rows, cols, batch)
                                             : oracle::matmul_f32(w, x, rows, cols, batch);
          for (const cpu_simd::Implementation* on : usable()) {
            TestTensor weights(*on, format, rows, cols);
            TestTensor a(*on, format, batch, cols);
            TestTensor y(*on, "f32", batch, rows);
            weights.write(w_bytes);
            a.write(x_bytes);
            run(*on, "matmul", {&weights, &a}, y, {}, 2);
            const std::vector<float> got = values_of<float>(y.read());
            std::size_t outside = 0;
            for (std::size_t i = 0; i < got.size(); ++i) {
              outside += std::abs(double{got[i]} - right.value[i]) <= right.bound[i] ? 0 : 1;
            }
            CAPTURE(format, cols, rows, batch, on->name);
            CHECK(outside == 0);
          }
        }
      }
    }
  }
}

TEST_CASE("kernels are named by the instruction set, the format and the layout behind it") {
  const cpu_simd::Implementation& scalar = *usable().back();
  TestTensor w(scalar, "tl2", 32, 256);
  w.write(encoded("tl2", position_coded(32, 256)));
  TestTensor x(scalar, "i8", 1, 256);
  TestTensor y(scalar, "i32", 1, 32);
  CHECK(run(scalar, "matmul", {&w, &x}, y) == std::vector<std::string>{"scalar/tl2_gemv"});
  for (const cpu_simd::Implementation* on : usable()) {
    if (on->kernels.five_trit.columns == 0) continue;
    TestTensor dense(*on, "tl2", 32, 256);
    dense.write(encoded("tl2", position_coded(32, 256)));
    CHECK(run(*on, "matmul", {&dense, &x}, y) ==
          std::vector<std::string>{"avx512vbmi/tl2_5trit_gemv"});
  }
}

#include "oracle/matmul.hpp"

#include <cmath>
#include <stdexcept>

#include "support/catch.hpp"

using namespace bitgate::oracle;

TEST_CASE("The integer product multiplies rows of weights with rows of activations") {
  // w is 2x3, x is 2x3: y[b][m].
  const std::vector<std::int8_t> w = {1, 0, -1, 1, 1, 1};
  const std::vector<std::int8_t> x = {10, 20, 30, -128, 127, 5};
  CHECK(matmul_i8(w, x, 2, 3, 2) == std::vector<std::int32_t>{-20, 60, -133, 4});
}

TEST_CASE("The integer product is exact at the ends of the range") {
  for (const std::uint64_t cols : {1, 2, 127, 128, 129, 2048, 2176, 2560, 131072}) {
    CAPTURE(cols);
    const std::vector<std::int8_t> ones(cols, 1);
    const std::vector<std::int8_t> minus(cols, -1);
    const std::vector<std::int8_t> high(cols, 127);
    const std::vector<std::int8_t> low(cols, -128);
    const auto count = static_cast<std::int32_t>(cols);
    CHECK(matmul_i8(ones, high, 1, cols, 1).at(0) == 127 * count);
    CHECK(matmul_i8(ones, low, 1, cols, 1).at(0) == -128 * count);
    CHECK(matmul_i8(minus, low, 1, cols, 1).at(0) == 128 * count);
  }
}

TEST_CASE("Every weight and every activation has its place in the integer product") {
  constexpr std::uint64_t kRows = 5;
  constexpr std::uint64_t kCols = 37;
  constexpr std::uint64_t kBatch = 3;
  for (std::uint64_t row = 0; row < kRows; ++row) {
    for (std::uint64_t col = 0; col < kCols; ++col) {
      std::vector<std::int8_t> w(kRows * kCols, 0);
      w[row * kCols + col] = -1;
      std::vector<std::int8_t> x(kBatch * kCols);
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<std::int8_t>(i + 1);
      std::vector<std::int32_t> wanted(kBatch * kRows, 0);
      for (std::uint64_t b = 0; b < kBatch; ++b) wanted[b * kRows + row] = -x[b * kCols + col];
      REQUIRE(matmul_i8(w, x, kRows, kCols, kBatch) == wanted);
    }
  }
}

TEST_CASE("The float product is accumulated in double") {
  // In f32 the 1 would be lost beside 2^24.
  const std::vector<float> w = {16777216.0F, 1.0F, -16777216.0F};
  const std::vector<float> x = {1, 1, 1};
  const Bounded y = matmul_f32(w, x, 1, 3, 1);
  CHECK(y.value == std::vector<double>{1.0});
}

TEST_CASE("The bound of the float product is Higham's gamma times the sum of the sizes") {
  const std::vector<float> w = {1, -2, 3, 4};
  const std::vector<float> x = {5, 6, -7, 8};
  const Bounded y = matmul_f32(w, x, 2, 2, 2);
  CHECK(y.value == std::vector<double>{-7, 39, -23, 11});
  const double u = std::ldexp(1.0, -24);
  const double gamma = 2 * u / (1 - 2 * u);
  REQUIRE(y.bound.size() == 4);
  CHECK(y.bound[0] == Approx(gamma * 17).epsilon(1e-12));
  CHECK(y.bound[1] == Approx(gamma * 39).epsilon(1e-12));
  CHECK(y.bound[2] == Approx(gamma * 23).epsilon(1e-12));
  CHECK(y.bound[3] == Approx(gamma * 53).epsilon(1e-12));
}

TEST_CASE("A correct f32 sum keeps the bound in any order, one wrong weight does not") {
  constexpr std::uint64_t kCols = 2560;
  std::vector<float> w(kCols);
  std::vector<float> x(kCols);
  for (std::uint64_t i = 0; i < kCols; ++i) {
    w[i] = static_cast<float>(static_cast<int>(i * 37 % 3) - 1) / 64;
    x[i] = static_cast<float>(static_cast<int>(i * 7919 % 2001) - 1000) / 999;
  }
  const Bounded y = matmul_f32(w, x, 1, kCols, 1);
  float forward = 0;
  float backward = 0;
  for (std::uint64_t i = 0; i < kCols; ++i) {
    forward += w[i] * x[i];
    backward += w[kCols - 1 - i] * x[kCols - 1 - i];
  }
  CHECK(std::abs(double{forward} - y.value[0]) <= y.bound[0]);
  CHECK(std::abs(double{backward} - y.value[0]) <= y.bound[0]);
  const double wrong = double{forward} + double{x[0]} / 64;  // w[0] = 0 taken for -1
  CHECK(std::abs(wrong - y.value[0]) > y.bound[0]);
}

TEST_CASE("Products refuse operands of another size") {
  const std::vector<std::int8_t> w(6);
  const std::vector<std::int8_t> x(3);
  CHECK_THROWS_AS(matmul_i8(w, x, 2, 3, 2), std::invalid_argument);
  CHECK_THROWS_AS(matmul_i8(w, x, 3, 3, 1), std::invalid_argument);
  CHECK_THROWS_AS(matmul_f32(std::vector<float>(6), std::vector<float>(2), 2, 3, 1),
                  std::invalid_argument);
}

// The judge's transformer operations against values worked out by hand.
#include "oracle/transformer.hpp"

#include <cmath>
#include <stdexcept>

#include "oracle/half.hpp"
#include "support/catch.hpp"

using namespace bitgate::oracle;
using Catch::Matchers::Contains;

namespace {

void check_values(const Bounded& y, const std::vector<double>& wanted) {
  REQUIRE(y.value.size() == wanted.size());
  REQUIRE(y.bound.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    CAPTURE(i);
    CHECK(y.value[i] == Approx(wanted[i]).margin(1e-12));
    CHECK(y.bound[i] >= 0);
    CHECK(y.bound[i] < 1e-4);
  }
}

}  // namespace

TEST_CASE("a scaled product is the integer sum times both scales, rounded after each step") {
  const Ternary w{2, 3, {1, 0, -1, 1, 1, 1}, 0.1F};
  const Int8 x{2, 3, {10, 20, 30, -128, 127, 5}, {0.3F, 7}};
  const Bounded y = matmul_scaled(w, x);
  const auto scaled = [](int sum, float scale) {
    return double{static_cast<float>(sum) * (0.1F * scale)};
  };
  CHECK(y.value ==
        std::vector<double>{scaled(-20, 0.3F), scaled(60, 0.3F), scaled(-133, 7), scaled(4, 7)});
  CHECK(y.bound == std::vector<double>(4, 0.0));
  CHECK_THROWS_AS(matmul_scaled(w, Int8{1, 2, {1, 1}, {1}}), std::invalid_argument);
}

TEST_CASE("a scaled product takes each block by its own scale") {
  Ternary w{1, 512, std::vector<std::int8_t>(512, 1), 1};
  w.block_scales = {2, 0.5F};
  const Int8 x{1, 512, std::vector<std::int8_t>(512, 3), {1}};
  const Bounded y = matmul_scaled(w, x);
  CHECK(y.value == std::vector<double>{256 * 3 * 2.5});
  CHECK(y.bound.at(0) > 0);
  CHECK(y.bound.at(0) < 1e-3);
}

TEST_CASE("embed gives the rows of the ids and refuses others") {
  const std::vector<float> table = {1, 2, 3, 4, 5, 6};
  CHECK(embed(table, std::vector<std::int32_t>{2, 0, 2}, 2) ==
        std::vector<float>{5, 6, 1, 2, 5, 6});
  CHECK_THROWS_WITH(embed(table, std::vector<std::int32_t>{3}, 2), "embed: id 3 of 3 rows");
  CHECK_THROWS_AS(embed(table, std::vector<std::int32_t>{-1}, 2), std::out_of_range);
}

TEST_CASE("rms_norm divides each row by its root mean square") {
  const std::vector<float> x = {3, 4, 1, -1};
  const std::vector<float> weight = {1, 10};
  // Mean squares are (9 + 16) / 2 = 12.5 and 1; epsilon makes them 16 and 4.5.
  check_values(rms_norm(x, weight, 3.5),
               {3.0 / 4, 40.0 / 4, 1 / std::sqrt(4.5), -10 / std::sqrt(4.5)});
  CHECK_THROWS_AS(rms_norm(x, std::vector<float>{1, 1, 1}, 0), std::invalid_argument);
}

TEST_CASE("rope turns the planes (j, j + h/2) by position * base^(-2j/h)") {
  // Two heads of four columns: planes (0, 2) by the position, (1, 3) by a hundredth of it.
  const std::vector<float> x = {1, 0, 0, 0, 0, 1, 0, 2};
  const std::vector<std::int32_t> positions = {3};
  check_values(rope(x, positions, 2, 10000),
               {std::cos(3.0), 0, std::sin(3.0), 0, 0, std::cos(0.03) - 2 * std::sin(0.03), 0,
                2 * std::cos(0.03) + std::sin(0.03)});
  const std::vector<std::int32_t> zero = {0};
  check_values(rope(x, zero, 2, 10000), {1, 0, 0, 0, 0, 1, 0, 2});
  CHECK_THROWS_AS(rope(x, positions, 8, 10000), std::invalid_argument);
}

TEST_CASE("the bound of rope grows with the angle, not with planes that hardly turn") {
  const std::vector<float> x = {1, 1, 1, 1};
  const Bounded near = rope(x, std::vector<std::int32_t>{1}, 1, 1e6);
  const Bounded far = rope(x, std::vector<std::int32_t>{1000}, 1, 1e6);
  CHECK(far.bound[0] > 100 * near.bound[0]);
  CHECK(far.bound[1] < 10 * near.bound[1]);
}

TEST_CASE("silu_gate is the gate times its logistic function") {
  check_values(
      silu_gate(std::vector<float>{0, 1, -1, 20, -200}, std::vector<float>{3, 2, 2, 1, 5}),
      {0, 2 / (1 + std::exp(-1.0)), -2 / (1 + std::exp(1.0)), 20 / (1 + std::exp(-20.0)), 0});
  CHECK_THROWS_AS(silu_gate(std::vector<float>{1}, std::vector<float>{}), std::invalid_argument);
}

TEST_CASE("relu2_gate squares what is positive of the gate") {
  check_values(relu2_gate(std::vector<float>{-3, 0, 2, 0.5F}, std::vector<float>{9, 9, 5, -8}),
               {0, 0, 20, -2});
  CHECK_THROWS_AS(relu2_gate(std::vector<float>{1}, std::vector<float>{}), std::invalid_argument);
}

TEST_CASE("add adds") {
  check_values(add(std::vector<float>{1, -2}, std::vector<float>{0.5F, 5}), {1.5, 3});
  CHECK_THROWS_AS(add(std::vector<float>{1}, std::vector<float>{}), std::invalid_argument);
}

TEST_CASE("argmax gives the first of the largest of each row") {
  const std::vector<float> x = {1, 3, 3, -5, -4, -6};
  CHECK(argmax(x, 3) == std::vector<std::int32_t>{1, 1});
  CHECK_THROWS_AS(argmax(x, 4), std::invalid_argument);
}

TEST_CASE("attention weighs the values that a position sees by the softmax of its scores") {
  // One head of four columns, so scores are halves of products.
  const double ln3 = std::log(3.0);
  Cache cache{std::vector<float>(12, 7), std::vector<float>(12, 7)};
  const std::vector<float> q = {static_cast<float>(2 * ln3), 0, 0, 0};
  const std::vector<float> k = {1, 0, 0, 0};
  const std::vector<float> v = {4, 8, 0, 1};
  // The first token sees itself alone.
  check_values(attention(q, k, v, std::vector<std::int32_t>{0}, {1, 1, 4}, cache), {4, 8, 0, 1});
  CHECK(cache.keys == std::vector<float>{1, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7});
  // The second, with a score of 0 against ln 3 of the first: weights 3/4 and 1/4.
  const std::vector<float> k1 = {0, 9, 0, 0};
  const std::vector<float> v1 = {0, 0, 4, 1};
  const Bounded y = attention(q, k1, v1, std::vector<std::int32_t>{1}, {1, 1, 4}, cache);
  REQUIRE(y.value.size() == 4);
  const double wanted[] = {3, 6, 1, 1};
  for (std::size_t j = 0; j < 4; ++j) {
    CHECK(y.value[j] == Approx(wanted[j]).epsilon(1e-6));  // ln 3 was rounded to f32
    CHECK(y.bound[j] < 1e-4);
  }
}

TEST_CASE("several heads of attention share one of keys and values") {
  // Four heads, two of keys and values, one column each; one row: what comes in goes out.
  Cache cache{std::vector<float>(2), std::vector<float>(2)};
  const std::vector<float> q = {1, 2, 3, 4};
  const std::vector<float> kv = {0.5F, 0.25F};
  check_values(attention(q, kv, kv, std::vector<std::int32_t>{0}, {4, 2, 1}, cache),
               {0.5, 0.5, 0.25, 0.25});
}

TEST_CASE("tokens of attention see those before them and not those behind") {
  Cache cache{std::vector<float>(3), std::vector<float>(3)};
  const std::vector<float> zeros = {0, 0, 0};
  const std::vector<float> v = {6, 1, 2};
  // Equal scores: means of positions 0 … 2, 0 and 0 … 1, in which v is 1, 2, 6.
  check_values(attention(zeros, zeros, v, std::vector<std::int32_t>{2, 0, 1}, {1, 1, 1}, cache),
               {3, 1, 1.5});
}

TEST_CASE("an f16 cache rounds what comes in before it is looked at") {
  Cache cache{{0}, {0}, true};
  const std::vector<float> one = {1};
  const std::vector<float> v = {0.1F};
  const Bounded y = attention(one, one, v, std::vector<std::int32_t>{0}, {1, 1, 1}, cache);
  CHECK(y.value.at(0) == double{f16_value(f16_bits(0.1F))});
  CHECK(cache.values.at(0) == f16_value(f16_bits(0.1F)));
}

TEST_CASE("attention says what does not fit") {
  Cache cache{std::vector<float>(4), std::vector<float>(4)};
  const std::vector<float> two = {1, 1};
  const std::vector<std::int32_t> at = {2};
  CHECK_THROWS_WITH(attention(two, two, two, at, {1, 1, 2}, cache),
                    "attention: position 2 of a cache of 2 rows");
  CHECK_THROWS_WITH(attention(two, two, two, at, {3, 2, 1}, cache), Contains("are no 1 tokens"));
}

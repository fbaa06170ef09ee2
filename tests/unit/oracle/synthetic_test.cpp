#include "model/synthetic.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/sha256.hpp"
#include "support/catch.hpp"

using namespace bitgate;

namespace {

constexpr std::size_t kCount = 1 << 18;

std::vector<float> weights(Values values, std::uint64_t seed, std::size_t count = kCount) {
  std::vector<float> out(count);
  fill_weights(out, values, seed);
  return out;
}

template <class T>
std::vector<T> activations(std::uint64_t seed, std::uint64_t variant, std::size_t count = kCount) {
  std::vector<T> out(count);
  fill_activations(std::span<T>(out), seed, variant);
  return out;
}

template <class T>
std::string digest(const std::vector<T>& values) {
  return sha256(std::as_bytes(std::span(values)));
}

/// Pearson's correlation.
double correlation(const std::vector<float>& a, const std::vector<float>& b) {
  double ab = 0;
  double aa = 0;
  double bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += double{a[i]} * double{b[i]};
    aa += double{a[i]} * double{a[i]};
    bb += double{b[i]} * double{b[i]};
  }
  return ab / std::sqrt(aa * bb);
}

}  // namespace

TEST_CASE("A seed gives the same bytes on every machine and compiler") {
  CHECK(digest(weights(Values::kTernary, 42)) ==
        "a6b4a9451f95dcbe7a3ed472a629d8d12b2c2693c676b16a9f9302ef8906a0b6");
  CHECK(digest(weights(Values::kGaussian, 42)) ==
        "20a67d50fb4365f6af292cff552d82f13da88ffa063f6cffcdf7c64eede7fb7a");
  CHECK(digest(activations<std::int8_t>(42, 0)) ==
        "ff231160663ad421862bdb327dfd40395ed99cff0768e36b56c98b45d242d341");
  CHECK(digest(activations<float>(42, 1)) ==
        "52628569c2b34eac9429bc4e7afa391ab5994b83f98c24df3ac405bd6b62c418");
}

TEST_CASE("An element depends on its place alone, not on how many are made") {
  for (const Values values : {Values::kTernary, Values::kGaussian}) {
    const std::vector<float> all = weights(values, 7);
    const std::vector<float> some = weights(values, 7, 1000);
    CHECK(std::equal(some.begin(), some.end(), all.begin()));
  }
}

TEST_CASE("Seeds, variants and purposes give independent values") {
  const std::vector<float> base = weights(Values::kGaussian, 1);
  const std::vector<float> drawn = activations<float>(1, 0);
  // The correlation of independent values deviates by 1/sqrt(n); five of those are allowed.
  const double limit = 5 / std::sqrt(static_cast<double>(kCount));
  CHECK(std::abs(correlation(base, weights(Values::kGaussian, 2))) < limit);
  CHECK(std::abs(correlation(drawn, activations<float>(1, 1))) < limit);
  CHECK(std::abs(correlation(drawn, activations<float>(2, 0))) < limit);
  CHECK(std::abs(correlation(base, drawn)) < limit);
  const std::vector<float> shifted(base.begin() + 1, base.end());
  CHECK(std::abs(correlation(shifted, {base.begin(), base.end() - 1})) < limit);
}

TEST_CASE("Ternary weights are -1/64, 0 and 1/64, a third each") {
  const std::vector<float> all = weights(Values::kTernary, 42);
  const auto share = [&](float value) {
    return static_cast<double>(std::count(all.begin(), all.end(), value)) / kCount;
  };
  const double limit = 5 * std::sqrt(2.0 / 9 / kCount);
  CHECK(std::abs(share(-1.0F / 64) - 1.0 / 3) < limit);
  CHECK(std::abs(share(0) - 1.0 / 3) < limit);
  CHECK(std::abs(share(1.0F / 64) - 1.0 / 3) < limit);
  CHECK(share(-1.0F / 64) + share(0) + share(1.0F / 64) == Approx(1.0));
}

TEST_CASE("Gaussian weights have the moments and the body of a normal distribution") {
  const std::vector<float> all = weights(Values::kGaussian, 42);
  double sum = 0;
  double squares = 0;
  std::array<double, 3> within{};
  for (const float weight : all) {
    const double z = double{weight} * 64;
    sum += z;
    squares += z * z;
    for (std::size_t k = 0; k < within.size(); ++k) {
      within[k] += std::abs(z) <= static_cast<double>(k + 1) ? 1.0 / kCount : 0;
    }
  }
  CHECK(std::abs(sum / kCount) < 0.01);
  CHECK(std::sqrt(squares / kCount) == Approx(1.0).epsilon(0.01));
  CHECK(within[0] == Approx(0.6827).margin(0.005));
  CHECK(within[1] == Approx(0.9545).margin(0.005));
  CHECK(within[2] == Approx(0.9973).margin(0.002));
}

TEST_CASE("int8 activations take all 256 values alike") {
  std::array<int, 256> counts{};
  for (const std::int8_t value : activations<std::int8_t>(42, 3)) ++counts[value + 128];
  // 1024 of each are expected, with a deviation of 32.
  CHECK(*std::min_element(counts.begin(), counts.end()) > 1024 - 6 * 32);
  CHECK(*std::max_element(counts.begin(), counts.end()) < 1024 + 6 * 32);
}

TEST_CASE("f32 activations are uniform over [-1, 1)") {
  const std::vector<float> all = activations<float>(42, 3);
  double sum = 0;
  double squares = 0;
  for (const float value : all) {
    REQUIRE(value >= -1.0F);
    REQUIRE(value < 1.0F);
    sum += double{value};
    squares += double{value} * double{value};
  }
  CHECK(std::abs(sum / kCount) < 0.006);
  CHECK(squares / kCount == Approx(1.0 / 3).epsilon(0.01));
}

// Steps are found where they are, and noise without one is left alone.
#include "measure/change_points.hpp"

#include <algorithm>
#include <cmath>

#include "measure/bootstrap.hpp"
#include "support/catch.hpp"

using namespace bitgate;

namespace {

constexpr std::size_t kPermutations = 9999;

/// About 100 with a deviation of 1 %, and a wild value now and then, as shared machines give.
std::vector<double> noise(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> out;
  for (std::size_t i = 0; i < n; ++i) {
    const double u = (static_cast<double>(random.below(1'000'000)) + 0.5) / 1'000'000;
    const double wild = random.below(30) == 0 ? 40 : 0;
    out.push_back(100 + normal_quantile(u) + wild);
  }
  return out;
}

std::vector<std::size_t> places(const std::vector<double>& values, double level = 0.001) {
  std::vector<std::size_t> out;
  for (const Change& one : changes(values, level, kPermutations, 1)) out.push_back(one.at);
  return out;
}

}  // namespace

TEST_CASE("a step is found at the first value of the new level") {
  int found = 0;
  int exact = 0;
  int more = 0;
  for (const std::size_t at : {std::size_t{9}, std::size_t{15}, std::size_t{21}}) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      std::vector<double> values = noise(30, seed);
      for (std::size_t i = at; i < values.size(); ++i) values[i] += 8;
      const std::vector<std::size_t> all = places(values, 0.01);
      found += all.empty() ? 0 : 1;
      more += all.size() > 1 ? 1 : 0;
      exact += std::find(all.begin(), all.end(), at) != all.end() ? 1 : 0;
    }
  }
  CHECK(found >= 58);
  CHECK(exact >= 50);  // a wild value beside the step may be counted to either side
  CHECK(more <= 4);
}

TEST_CASE("up and down again are two changes") {
  std::vector<double> values = noise(45, 3);
  for (std::size_t i = 15; i < 30; ++i) values[i] *= 1.2;
  CHECK(places(values) == std::vector<std::size_t>{15, 30});
}

TEST_CASE("noise around one level has no change, as rarely as it was asked for") {
  std::size_t found = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    found += clearest_change(noise(25, seed), kPermutations, 1).chance <= 0.05 ? 1 : 0;
  }
  // 20 of 400 are expected; more than 33 come up once in 500 times.
  CHECK(found <= 33);
  CHECK(found >= 8);
}

TEST_CASE("what can't have a change has none") {
  CHECK(places({}).empty());
  CHECK(places({1, 2, 3, 40, 50}, 0.9).empty());
  CHECK(places(std::vector<double>(50, 7.0), 0.9).empty());
  CHECK(clearest_change(std::vector<double>(50, 7.0), kPermutations, 1).chance == 1);
  // Six values can be split clearly in two of twenty ways: no six are rare.
  CHECK(clearest_change(std::vector<double>{1, 1, 1, 9, 9, 9}, kPermutations, 1).chance > 0.08);
  CHECK(places({1, 1, 1, 9, 9, 9}).empty());
}

TEST_CASE("the same seed gives the same chance, and only the order of values counts") {
  const std::vector<double> values = noise(40, 7);
  std::vector<double> stretched;
  for (const double value : values) stretched.push_back(std::exp(value / 10));
  const double chance = clearest_change(values, kPermutations, 5).chance;
  CHECK(clearest_change(values, kPermutations, 5).chance == chance);
  CHECK(clearest_change(stretched, kPermutations, 5).chance == chance);
}

TEST_CASE("Benjamini and Hochberg's rule") {
  // The example of their paper: of 15 tests, four are rejected at 5 %.
  const std::vector<double> chances = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201,
                                       0.0278, 0.0298, 0.0344, 0.0459, 0.3240,
                                       0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
  const double level = believed_level(chances, 0.05);
  CHECK(level == Approx(4.0 / 15 * 0.05));
  CHECK(believed_level({0.2, 0.9}, 0.05) == 0);
  CHECK(believed_level({}, 0.05) == 0);
}

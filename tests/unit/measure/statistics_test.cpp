#include "measure/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "support/catch.hpp"

using namespace bitgate;

namespace {

using Values = std::vector<double>;

/// 1, 2, …, n: the value is the rank.
Values ranks(std::size_t n) {
  Values values(n);
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

/// P(l <= number of successes <= n - l) of Binomial(n, 1/2): the coverage of the interval between
/// the l-th smallest and the l-th largest value.
double coverage(std::size_t n, std::size_t l) {
  double term = std::pow(0.5, static_cast<double>(n));
  double inside = 0;
  for (std::size_t k = 0; k <= n; ++k) {
    if (k >= l && k <= n - l) inside += term;
    term *= static_cast<double>(n - k) / static_cast<double>(k + 1);
  }
  return inside;
}

/// Values whose order has `inversions` pairs upside down.
Values with_inversions(std::size_t n, std::size_t inversions) {
  Values left = ranks(n);
  Values values;
  while (!left.empty()) {
    const std::size_t skip = std::min(inversions, left.size() - 1);
    inversions -= skip;
    values.push_back(left[skip]);
    left.erase(left.begin() + static_cast<long>(skip));
  }
  return values;
}

/// How many orders of n values have k inversions, k = 0, 1, … (Mahonian numbers).
Values orders_by_inversions(std::size_t n) {
  Values counts = {1};
  for (std::size_t m = 2; m <= n; ++m) {
    Values next(counts.size() + m - 1, 0);
    for (std::size_t k = 0; k < counts.size(); ++k) {
      for (std::size_t j = 0; j < m; ++j) next[k + j] += counts[k];
    }
    counts = next;
  }
  return counts;
}

}  // namespace

TEST_CASE("The median is the middle, or the mean of the two in the middle") {
  CHECK(median(Values{3, 1, 2}) == 2);
  CHECK(median(Values{4, 1, 3, 2}) == 2.5);
  CHECK(median(Values{7}) == 7);
  CHECK(median(Values{10, 7, 4, 3, 2, 1}) == 3.5);
  CHECK(std::isnan(median(Values{})));
}

TEST_CASE("The median absolute deviation is unscaled") {
  // Median 2, deviations 1 1 0 0 2 4 7.
  CHECK(mad(Values{1, 1, 2, 2, 4, 6, 9}) == 1);
  CHECK(mad(Values{5, 5, 5}) == 0);
  CHECK(mad(Values{1, 2, 3, 4}) == 1);  // median 2.5, deviations 1.5 0.5 0.5 1.5
  CHECK(std::isnan(mad(Values{})));
}

TEST_CASE("Quantiles interpolate between order statistics as Hyndman and Fan's type 7 does") {
  // h = (n - 1) q; x[floor h] + (h - floor h) (x[floor h + 1] - x[floor h])
  CHECK(quantile(ranks(10), 0.9) == Approx(9.1));
  CHECK(quantile(ranks(10), 0.99) == Approx(9.91));
  CHECK(quantile(Values{4, 1, 3, 2}, 0.25) == Approx(1.75));
  CHECK(quantile(Values{4, 1, 3, 2}, 0.75) == Approx(3.25));
  CHECK(quantile(Values{1, 10, 100}, 0.6) == Approx(28));
  CHECK(quantile(ranks(10), 0) == 1);
  CHECK(quantile(ranks(10), 1) == 10);
  CHECK(quantile(Values{7}, 0.99) == 7);
  CHECK(std::isnan(quantile(Values{}, 0.5)));
}

TEST_CASE("The interval of the median has the tabulated ranks") {
  struct Row {
    std::size_t n;
    double low95, high95, low90, high90;
  };
  const std::vector<Row> table = {{6, 1, 6, 1, 6},      {7, 1, 7, 1, 7},      {9, 2, 8, 2, 8},
                                  {11, 2, 10, 3, 9},    {12, 3, 10, 3, 10},   {20, 6, 15, 6, 15},
                                  {30, 10, 21, 11, 20}, {36, 12, 25, 13, 24}, {48, 17, 32, 18, 31},
                                  {60, 22, 39, 24, 37}};
  for (const Row& row : table) {
    CAPTURE(row.n);
    Values values = ranks(row.n);
    std::reverse(values.begin(), values.end());
    const Interval at95 = median_interval(values);
    CHECK(at95.low == row.low95);
    CHECK(at95.high == row.high95);
    const Interval at90 = median_interval(values, 0.90);
    CHECK(at90.low == row.low90);
    CHECK(at90.high == row.high90);
  }
}

TEST_CASE("The interval of the median covers what was asked for, and no narrower one does") {
  for (std::size_t n = 6; n <= 400; ++n) {
    CAPTURE(n);
    const Interval interval = median_interval(ranks(n));
    const auto rank = static_cast<std::size_t>(interval.low);
    CHECK(interval.high == static_cast<double>(n + 1 - rank));
    CHECK(coverage(n, rank) >= 0.95);
    CHECK(coverage(n, rank + 1) < 0.95);
  }
}

TEST_CASE("A confidence that is met exactly is met") {
  // The range of three values covers the median with 1 - 2 / 8.
  const Interval interval = median_interval(ranks(10), 1 - 2 * 11.0 / 1024);
  CHECK(interval.low == 2);
  CHECK(interval.high == 9);
}

TEST_CASE("Too few values for an interval give their range") {
  const Interval five = median_interval(Values{3, 1, 4, 1, 5});
  CHECK(five.low == 1);
  CHECK(five.high == 5);
  const Interval one = median_interval(Values{2});
  CHECK(one.low == 2);
  CHECK(one.high == 2);
  CHECK(std::isnan(median_interval(Values{}).low));
}

TEST_CASE("A trend is what the exact distribution of Kendall's S calls one at 5 %") {
  for (std::size_t n = 4; n <= 10; ++n) {
    const Values counts = orders_by_inversions(n);
    const double all = std::accumulate(counts.begin(), counts.end(), 0.0);
    const auto pairs = static_cast<double>(counts.size() - 1);
    for (std::size_t k = 0; k < counts.size(); ++k) {
      CAPTURE(n, k);
      const double s = std::abs(pairs - 2 * static_cast<double>(k));
      double as_extreme = 0;
      for (std::size_t j = 0; j < counts.size(); ++j) {
        if (std::abs(pairs - 2 * static_cast<double>(j)) >= s) as_extreme += counts[j];
      }
      CHECK(stationary(with_inversions(n, k)) == (as_extreme / all > 0.05));
    }
  }
}

TEST_CASE("Drift is a trend whatever its size and direction, noise and constancy are none") {
  CHECK_FALSE(stationary(ranks(10)));
  CHECK_FALSE(stationary(Values{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}));
  CHECK_FALSE(stationary(Values{100, 50, 25, 12, 13, 11, 10.5, 10.2, 10.1, 10}));
  CHECK(stationary(Values(10, 5.0)));
  CHECK(stationary(Values{5, 1, 5, 1, 5, 1, 5, 1, 5, 1}));
  CHECK(stationary(Values{5, 7, 4, 6, 5, 8, 3, 6, 7, 5}));
}

TEST_CASE("Fewer than four values can't show that there is no trend") {
  CHECK_FALSE(stationary(Values{}));
  CHECK_FALSE(stationary(Values{1, 1, 1}));
  CHECK(stationary(Values{1, 1, 1, 1}));
}

TEST_CASE("Values that follow each other are worth fewer than they are") {
  Values alternating;
  Values blocks;
  Values drift;
  for (int i = 0; i < 40; ++i) {
    alternating.push_back(i % 2);
    blocks.push_back(i < 20 ? 1 : 2);
    drift.push_back(i);
  }
  CHECK(effective_count(alternating) == 40);
  CHECK(effective_count(blocks) < 2);
  CHECK(effective_count(drift) < 2);
  CHECK(effective_count(Values(40, 1.0)) == 40);
  CHECK(effective_count(Values{1}) == 1);
  CHECK(effective_count(Values{}) == 0);
}

TEST_CASE("An interval of values that are worth fewer has the ranks of fewer, spread") {
  const Values values = ranks(60);
  const Interval all = median_interval(values, 0.95);
  CHECK(all.low == 22);
  CHECK(all.high == 39);
  const Interval third = median_interval(values, 0.95, 20);  // ranks 6 and 15 of 20
  CHECK(third.low == 18);
  CHECK(third.high == 43);
  const Interval none = median_interval(values, 0.95, 5);  // no interval: the range
  CHECK(none.low == 1);
  CHECK(none.high == 60);
}

TEST_CASE("The tail of the sign test") {
  CHECK(sign_tail(0, 0) == 1);
  CHECK(sign_tail(0, 10) == Approx(1));
  CHECK(sign_tail(10, 10) == Approx(1.0 / 1024));
  CHECK(sign_tail(15, 20) == Approx(0.02069473));
  CHECK(sign_tail(11, 10) == 0);
}

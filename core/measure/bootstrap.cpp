#include "measure/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace bitgate {
namespace {

/// How skewed the statistic is: from the values with each observation left out in turn.
double acceleration(const Statistic& statistic, std::size_t n) {
  std::vector<double> without;
  std::vector<std::size_t> rest(n - 1);
  for (std::size_t left_out = 0; left_out < n; ++left_out) {
    for (std::size_t i = 0; i + 1 < n; ++i) rest[i] = i < left_out ? i : i + 1;
    without.push_back(statistic(rest));
  }
  const double mean =
      std::accumulate(without.begin(), without.end(), 0.0) / static_cast<double>(without.size());
  double squares = 0;
  double cubes = 0;
  for (const double value : without) {
    const double difference = mean - value;
    squares += difference * difference;
    cubes += difference * difference * difference;
  }
  return squares > 0 ? cubes / (6 * squares * std::sqrt(squares)) : 0;
}

}  // namespace

std::uint64_t Random::next() {
  state_ += 0x9E3779B97F4A7C15U;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

std::size_t Random::below(std::size_t below) {
  // What does not divide evenly is drawn again.
  const std::uint64_t limit = std::numeric_limits<std::uint64_t>::max() / below * below;
  std::uint64_t drawn = next();
  while (drawn >= limit) drawn = next();
  return static_cast<std::size_t>(drawn % below);
}

double normal_cdf(double z) { return std::erfc(-z / std::sqrt(2.0)) / 2; }

double normal_quantile(double p) {
  // Bisection: the last bits count here more than time.
  double low = -40;
  double high = 40;
  while (true) {
    const double middle = (low + high) / 2;
    if (middle == low || middle == high) return middle;
    (normal_cdf(middle) < p ? low : high) = middle;
  }
}

Interval bootstrap_interval(const Statistic& statistic, std::size_t n, std::size_t resamples,
                            std::uint64_t seed, double confidence) {
  std::vector<std::size_t> drawn(n);
  std::iota(drawn.begin(), drawn.end(), std::size_t{0});
  const double observed = statistic(drawn);
  Random random(seed);
  std::vector<double> values(resamples);
  for (double& value : values) {
    for (std::size_t& observation : drawn) observation = random.below(n);
    value = statistic(drawn);
  }
  std::sort(values.begin(), values.end());
  if (values.front() == values.back()) return {values.front(), values.front()};
  // Ties count half: a median takes few values, and the observed one is often among them.
  const auto [first, last] = std::equal_range(values.begin(), values.end(), observed);
  const double below =
      static_cast<double>(first - values.begin()) + static_cast<double>(last - first) / 2;
  const auto count = static_cast<double>(resamples);
  const double bias = normal_quantile(std::clamp(below / count, 0.5 / count, 1 - 0.5 / count));
  const double curve = acceleration(statistic, n);
  const auto end = [&](double tail) {
    const double z = bias + normal_quantile(tail);
    return quantile(values, normal_cdf(bias + z / (1 - curve * z)));
  };
  return {end((1 - confidence) / 2), end((1 + confidence) / 2)};
}

}  // namespace bitgate

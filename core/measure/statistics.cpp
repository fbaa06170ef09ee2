#include "measure/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace bitgate {
namespace {

std::vector<double> sorted(std::span<const double> values) {
  std::vector<double> out(values.begin(), values.end());
  std::sort(out.begin(), out.end());
  return out;
}

/// log of n choose k.
double log_choose(double n, double k) {
  return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
}

/// The largest rank l (from 1) with P(Binomial(n, 1/2) < l) <= tail; 0 if there is none. A hair of
/// tolerance keeps the rank from hanging on the last bit of the logarithms.
std::size_t lower_rank(std::size_t n, double tail) {
  const auto count = static_cast<double>(n);
  double cumulative = 0;
  std::size_t rank = 0;
  while (rank < n) {
    cumulative += std::exp(log_choose(count, static_cast<double>(rank)) - count * std::log(2.0));
    if (cumulative > tail * (1 + 1e-9)) break;
    ++rank;
  }
  return rank;
}

}  // namespace

double median(std::span<const double> values) { return quantile(values, 0.5); }

double mad(std::span<const double> values) {
  const double center = median(values);
  std::vector<double> deviations;
  deviations.reserve(values.size());
  for (const double value : values) deviations.push_back(std::abs(value - center));
  return median(deviations);
}

double quantile(std::span<const double> values, double q) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> order = sorted(values);
  const double position = q * static_cast<double>(order.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, order.size() - 1);
  return order[below] + (position - static_cast<double>(below)) * (order[above] - order[below]);
}

Interval median_interval(std::span<const double> values, double confidence) {
  if (values.empty()) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    return {nan, nan};
  }
  const std::vector<double> order = sorted(values);
  const std::size_t rank = std::max<std::size_t>(lower_rank(order.size(), (1 - confidence) / 2), 1);
  return {order[rank - 1], order[order.size() - rank]};
}

bool stationary(std::span<const double> values) {
  const std::size_t n = values.size();
  if (n < 4) return false;
  double s = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      s += values[j] > values[i] ? 1 : (values[j] < values[i] ? -1 : 0);
    }
  }
  // Normal approximation with continuity correction (Kendall 1975). Without ties it decides like
  // the exact distribution of S for every n from 4 to 10.
  const auto count = static_cast<double>(n);
  const double deviation = std::sqrt(count * (count - 1) * (2 * count + 5) / 18);
  constexpr double kTwoSided5Percent = 1.959963985;
  return (std::abs(s) - 1) / deviation <= kTwoSided5Percent;
}

}  // namespace bitgate

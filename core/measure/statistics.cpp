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
  return median_interval(values, confidence, static_cast<double>(values.size()));
}

Interval median_interval(std::span<const double> values, double confidence, double effective) {
  if (values.empty()) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    return {nan, nan};
  }
  const std::vector<double> order = sorted(values);
  const auto independent = static_cast<std::size_t>(effective);
  const std::size_t found = lower_rank(independent, (1 - confidence) / 2);
  const std::size_t spread = found == 0 ? 0 : found * order.size() / independent;
  const std::size_t rank = std::max<std::size_t>(spread, 1);
  return {order[rank - 1], order[order.size() - rank]};
}

double effective_count(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  const double center = median(values);
  double together = 0;
  double all = 0;
  double before = 0;
  for (const double value : values) {
    const double side = value > center ? 1 : (value < center ? -1 : 0);
    together += side * before;
    all += side * side;
    before = side;
  }
  const double r = all > 0 ? std::max(together / all, 0.0) : 0;
  return std::max(n * (1 - r) / (1 + r), std::min(n, 1.0));
}

double sign_tail(std::size_t successes, std::size_t n) {
  const auto count = static_cast<double>(n);
  double tail = 0;
  for (std::size_t k = n + 1; k-- > successes;) {
    tail += std::exp(log_choose(count, static_cast<double>(k)) - count * std::log(2.0));
  }
  return std::min(tail, 1.0);
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

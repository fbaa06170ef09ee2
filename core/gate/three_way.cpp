#include "gate/three_way.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

namespace bitgate {
namespace {

bool holds(double value, const Requirement& require) {
  return value >= require.min && value <= require.max;
}

/// Standard deviations that the difference of two normal quantiles spans, 97.5 % and 80 %, times
/// that of a median in units of that of a mean (both for normal noise).
constexpr double kSpan = (1.9600 + 0.8416) * 1.2533;

/// Robust standard deviation of one sample.
double deviation(const Evidence& evidence) {
  constexpr double kOfMad = 1.4826;
  return kOfMad * mad(evidence.samples);
}

}  // namespace

double share_of_look(std::uint64_t look, std::uint64_t most) {
  return std::exp2(-static_cast<double>(std::min(look, most - 1)));
}

double chance_within(const Evidence& evidence, const Requirement& require) {
  if (evidence.exact()) return holds(evidence.value, require) ? 1 : 0;
  const auto n = static_cast<double>(evidence.samples.size());
  const double effective = std::floor(effective_count(evidence.samples));
  const auto tail = [&](auto beyond) {
    const auto count = static_cast<double>(
        std::count_if(evidence.samples.begin(), evidence.samples.end(), beyond));
    return sign_tail(static_cast<std::size_t>(count * effective / n),
                     static_cast<std::size_t>(effective));
  };
  return std::min(tail([&](double value) { return value < require.min; }),
                  tail([&](double value) { return value > require.max; }));
}

Side side_of(const Evidence& evidence, const Requirement& require, const Errors& errors) {
  if (evidence.exact()) return holds(evidence.value, require) ? Side::kWithin : Side::kBeyond;
  if (chance_within(evidence, require) <= errors.beyond) {
    const bool disturbed = evidence.undisturbed && holds(*evidence.undisturbed, require);
    return disturbed ? Side::kOpen : Side::kBeyond;
  }
  // Fewer than six samples have no such interval. Of more that are worth fewer it is their range.
  const std::size_t count = evidence.samples.size();
  if (sign_tail(count, count) > errors.within) return Side::kOpen;
  const Interval interval = interval_of(evidence, errors.within);
  return holds(interval.low, require) && holds(interval.high, require) ? Side::kWithin
                                                                       : Side::kOpen;
}

Interval interval_of(const Evidence& evidence, double error) {
  if (evidence.exact()) return {evidence.value, evidence.value};
  return median_interval(evidence.samples, 1 - 2 * error, effective_count(evidence.samples));
}

double detectable(const Evidence& evidence, RequireKind kind) {
  const double whole = kind == RequireKind::kChange ? 1 : std::abs(evidence.value);
  const double relative = deviation(evidence) / whole;
  return kSpan * relative / std::sqrt(effective_count(evidence.samples));
}

std::optional<std::uint64_t> samples_needed(const Evidence& evidence, const Requirement& require) {
  constexpr double kMost = 1e9;
  const double margin =
      std::min(std::abs(evidence.value - require.min), std::abs(evidence.value - require.max));
  const double each = std::max(
      1.0, static_cast<double>(evidence.samples.size()) / effective_count(evidence.samples));
  const double needed = each * std::pow(kSpan * deviation(evidence) / margin, 2);
  if (!(needed <= kMost)) return std::nullopt;
  return std::max(static_cast<std::uint64_t>(std::ceil(needed)),
                  std::uint64_t{evidence.samples.size() + 1});
}

std::vector<double> shared_errors(const std::vector<double>& chances, double all) {
  std::vector<std::size_t> order(chances.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return chances[a] < chances[b]; });
  std::vector<double> errors(chances.size(), 0);
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const double error = all / static_cast<double>(order.size() - rank);
    errors[order[rank]] = error;
    if (chances[order[rank]] > error) break;  // so none of the likelier ones may be either
  }
  return errors;
}

}  // namespace bitgate

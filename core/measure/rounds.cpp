#include "measure/rounds.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "measure/bootstrap.hpp"
#include "measure/statistics.hpp"

namespace bitgate {
namespace {

constexpr std::size_t kResamples = 10000;

bool is_disturbed(const Round& round) { return round.stolen > kMostStolen; }

RatioSummary summary_of(const std::vector<double>& ratios) {
  const Interval interval = median_interval(ratios, 0.95, effective_count(ratios));
  return {median_ratio(ratios), {interval.low, interval.high}};
}

/// The candidate's median over the baseline's, of some of the rounds.
double ratio_of_medians(std::span<const Round> rounds, std::span<const std::size_t> chosen) {
  std::vector<double> candidate;
  std::vector<double> baseline;
  for (const std::size_t index : chosen) {
    candidate.push_back(static_cast<double>(rounds[index].candidate_ns));
    baseline.push_back(static_cast<double>(rounds[index].baseline_ns));
  }
  return median(candidate) / median(baseline);
}

}  // namespace

std::vector<std::string> round_orders(std::size_t rounds, std::uint64_t seed) {
  std::array<std::string, 6> block = {"BCN", "BNC", "CBN", "CNB", "NBC", "NCB"};
  Random random(seed);
  std::vector<std::string> orders;
  while (orders.size() < rounds) {
    for (std::size_t i = block.size(); i > 1; --i) std::swap(block[i - 1], block[random.below(i)]);
    orders.insert(
        orders.end(), block.begin(),
        block.begin() + static_cast<long>(std::min(block.size(), rounds - orders.size())));
  }
  return orders;
}

bool is_unfit(std::span<const Round> rounds) {
  const auto disturbed = std::count_if(rounds.begin(), rounds.end(), is_disturbed);
  return static_cast<double>(disturbed) > kMostDropped * static_cast<double>(rounds.size());
}

std::vector<Round> kept_rounds(std::span<const Round> rounds) {
  std::vector<Round> kept(rounds.begin(), rounds.end());
  if (!is_unfit(rounds)) std::erase_if(kept, is_disturbed);
  return kept;
}

std::vector<double> candidate_ratios(std::span<const Round> rounds) {
  std::vector<double> ratios;
  for (const Round& round : rounds) {
    ratios.push_back(static_cast<double>(round.candidate_ns) /
                     static_cast<double>(round.baseline_ns));
  }
  return ratios;
}

std::vector<double> null_ratios(std::span<const Round> rounds) {
  std::vector<double> ratios;
  for (const Round& round : rounds) {
    ratios.push_back(static_cast<double>(round.null_ns) / static_cast<double>(round.baseline_ns));
  }
  return ratios;
}

double median_ratio(std::span<const double> ratios) {
  std::vector<double> order(ratios.begin(), ratios.end());
  std::sort(order.begin(), order.end());
  const std::size_t middle = order.size() / 2;
  if (order.size() % 2 == 1) return order[middle];
  return std::sqrt(order[middle - 1] * order[middle]);
}

ComparisonSummary summarize_rounds(std::span<const Round> rounds, std::uint64_t seed) {
  const std::vector<Round> kept = kept_rounds(rounds);
  ComparisonSummary out;
  out.dropped = rounds.size() - kept.size();
  out.ratio = summary_of(candidate_ratios(kept));
  out.null = summary_of(null_ratios(kept));
  out.bootstrap = {out.ratio.median, out.ratio.median};
  if (kept.size() > 1) {
    const Interval interval = bootstrap_interval(
        [&](std::span<const std::size_t> chosen) { return ratio_of_medians(kept, chosen); },
        kept.size(), kResamples, seed);
    out.bootstrap = {interval.low, interval.high};
  }
  return out;
}

}  // namespace bitgate

#include "gate/comparing.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "measure/rounds.hpp"

namespace bitgate {
namespace {

/// The metric for one nanosecond of the compute stage: what a case does in a time, or takes for it,
/// apart from the time.
double amount(const MetricInfo& metric, const CaseResult& result) {
  const std::vector<std::uint64_t>& samples = result.stages.at("compute").samples_ns;
  const double time = median(std::vector<double>(samples.begin(), samples.end())) /
                      static_cast<double>(result.stages.at("compute").repeat);
  const double value = *result.metrics.at(std::string(metric.name)).value;
  return metric.direction == Direction::kLower ? value / time : value * time;
}

}  // namespace

const Comparison* find_comparison(std::span<const Comparison> comparisons,
                                  const std::string& candidate, const std::string& baseline) {
  const auto found =
      std::find_if(comparisons.begin(), comparisons.end(), [&](const Comparison& comparison) {
        return comparison.candidate == candidate && comparison.baseline == baseline;
      });
  return found == comparisons.end() ? nullptr : &*found;
}

Reading read_comparison(const MetricInfo& metric, const CaseResult& candidate,
                        const CaseResult& baseline, std::span<const Comparison> comparisons) {
  const Comparison* comparison = find_comparison(comparisons, candidate.id, baseline.id);
  if (comparison == nullptr ||
      (comparison->status == CaseStatus::kMeasured && comparison->rounds.empty())) {
    return no_reading(reason::kMissingCase, "no rounds of both arms were run");
  }
  if (comparison->status != CaseStatus::kMeasured) {
    const bool wrong = comparison->status == CaseStatus::kFail;
    return {std::nullopt,
            {wrong ? comparison->reason.code : reason::kMissingCase,
             "the comparison: " + (wrong ? comparison->reason.detail : comparison->reason.text())},
            wrong ? GateStatus::kFail : GateStatus::kSkipped};
  }
  const double scale = amount(metric, candidate) / amount(metric, baseline);
  const auto of_metric = [&](double time_ratio) {
    return metric.direction == Direction::kLower ? scale * time_ratio : scale / time_ratio;
  };
  const std::vector<double> ratios = candidate_ratios(kept_rounds(comparison->rounds));
  const std::uint64_t looks = std::max<std::uint64_t>(comparison->attempts.size(), 1);
  Evidence evidence{of_metric(median_ratio(ratios)), {}, {}, "rounds", looks};
  for (const double ratio : ratios) evidence.samples.push_back(of_metric(ratio));
  const bool finite = std::all_of(evidence.samples.begin(), evidence.samples.end(),
                                  [](double ratio) { return std::isfinite(ratio); });
  if (!finite) {
    return no_reading(reason::kMissingMetric,
                      fmt::format("{} of these arms can't be compared", metric.name));
  }
  return {std::move(evidence), {}, {}};
}

std::string why_unfit(const Comparison& comparison, double factor) {
  if (is_unfit(comparison.rounds)) {
    return fmt::format("unfit machine: the hypervisor disturbed more than {:g}% of {} rounds",
                       kMostDropped * 100, comparison.rounds.size());
  }
  const std::vector<double> ratios = null_ratios(kept_rounds(comparison.rounds));
  const Interval interval = median_interval(ratios, 0.95, effective_count(ratios));
  const double allowed = 1 + std::max(factor - 1, kLayoutFloor) / 2;
  if (interval.low <= allowed && interval.high >= 1 / allowed) return "";
  return fmt::format(
      "unfit machine: a copy of the baseline takes {:.3g}x to {:.3g}x its time, and a difference "
      "of {:.2g}% had to be seen",
      interval.low, interval.high, (allowed - 1) * 200);
}

}  // namespace bitgate

#include "run/planner.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "gate/power.hpp"
#include "gate/three_way.hpp"
#include "measure/rounds.hpp"
#include "measure/statistics.hpp"
#include "run/comparison.hpp"

namespace bitgate {

ComparisonPlan plan_comparison(const Comparison& pilot, double candidate_ns, double baseline_ns,
                               double max_ns, double delta, std::uint64_t attempts) {
  constexpr double kOfMad = 1.4826;  // to the standard deviation of normal noise
  constexpr double kBlock = 6;
  constexpr double kMost = 1e9;
  const std::vector<double> ratios = candidate_ratios(kept_rounds(pilot.rounds));
  Evidence evidence{1, {}, {}};
  const double center = median_ratio(ratios);
  for (const double ratio : ratios) evidence.samples.push_back(ratio / center);
  const auto taken = static_cast<double>(ratios.size());
  const RoundPlan budget = plan_rounds(candidate_ns, baseline_ns, max_ns);
  const double round_s =
      static_cast<double>(budget.repeat) * (candidate_ns + 2 * baseline_ns) / 1e9;
  const auto rounds = static_cast<double>(budget.rounds);

  ComparisonPlan out;
  out.deviation = kOfMad * mad(evidence.samples);
  out.rounds = budget.rounds;
  out.seconds = rounds * round_s;
  const double told = detectable(evidence, RequireKind::kChange);  // by the pilot's rounds
  out.resolves = told * std::sqrt(taken / rounds);
  const double needed = std::ceil(taken * std::pow(told / delta, 2) / kBlock) * kBlock;
  out.needed = static_cast<std::uint64_t>(std::clamp(needed, 2 * kBlock, kMost));
  out.needed_seconds = static_cast<double>(out.needed) * round_s;
  const double worth = effective_count(evidence.samples) / taken;  // of a round
  out.chance = chance_to_tell(
      static_cast<std::size_t>(rounds * worth),
      out.deviation > 0 ? delta / out.deviation : std::numeric_limits<double>::infinity(),
      attempts);
  return out;
}

}  // namespace bitgate

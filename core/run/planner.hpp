// What a comparison will be able to tell, from an earlier run of it on this machine: the pilot.
#pragma once

#include <cstddef>
#include <cstdint>

#include "receipt/receipt.hpp"

namespace bitgate {

struct ComparisonPlan {
  double deviation = 0;       ///< standard deviation of a round's ratio, over the ratio
  std::size_t rounds = 0;     ///< that the budget gives
  double seconds = 0;         ///< that they take
  double resolves = 0;        ///< the smallest difference that they tell in four of five cases
  std::uint64_t needed = 0;   ///< rounds that tell the wanted difference in four of five cases
  double needed_seconds = 0;  ///< that those take
  double chance = 0;          ///< that they tell that a limit is passed by the wanted difference
};

/// From the rounds of a pilot, of which there is one at least, and the time that one execution of
/// each arm took then. `delta`: the wanted difference, as a share above 0. `max_ns`: the budget of
/// one attempt, of which there may be so many.
ComparisonPlan plan_comparison(const Comparison& pilot, double candidate_ns, double baseline_ns,
                               double max_ns, double delta, std::uint64_t attempts = 1);

}  // namespace bitgate

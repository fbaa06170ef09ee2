// A number with the samples behind it, held against a limit: surely within, surely beyond, or not
// to be told. Distribution-free: only on which side of the limit each sample lies counts.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "gate/rule.hpp"
#include "measure/statistics.hpp"

namespace bitgate {

/// Chance that a number within its limit is called beyond it, over all gates of a run together, and
/// that one beyond it is called within.
inline constexpr double kErrorRate = 0.025;

/// The part of kErrorRate that look number `look` of at most `most` may spend: half of what is
/// left, and all of it at the last. All looks together then err no more often than one, whatever
/// depends on what (Bonferroni), and most of the chance to tell is where nearly every run ends: at
/// the first.
double share_of_look(std::uint64_t look, std::uint64_t most);

/// What a gate judges.
struct Evidence {
  double value = 0;
  /// What the value would be at each sample, in the order taken. Empty: the value is exact.
  std::vector<double> samples;
  /// What the value could be without what disturbed its samples, if anything did.
  std::optional<double> undisturbed;
  const char* each = "samples";  ///< what they are called
  std::uint64_t looks = 1;       ///< attempts of the run that it took to get them

  [[nodiscard]] bool exact() const { return samples.empty(); }
};

enum class Side { kWithin, kBeyond, kOpen };

/// The chance of samples as far beyond the requirement as these from a median that is within it.
double chance_within(const Evidence& evidence, const Requirement& require);

/// The errors, at each end of its interval, at which a value is called beyond and within.
struct Errors {
  double beyond = kErrorRate;
  double within = kErrorRate;
};

/// kBeyond: the interval of the median with an error of `errors.beyond` at each end lies beyond the
/// requirement, and so does the undisturbed value. kWithin: that with `errors.within` lies within.
/// An exact value is always one of them.
Side side_of(const Evidence& evidence, const Requirement& require, const Errors& errors);

/// Of the median, with this error at each end: with kErrorRate a 95 % interval.
Interval interval_of(const Evidence& evidence, double error = kErrorRate);

/// The smallest distance from a limit that so many such samples tell in four of five cases: as a
/// share of the value, or, of a change, as a change.
double detectable(const Evidence& evidence, RequireKind kind);

/// How many such samples tell a value from its nearest limit in four of five cases; nothing if the
/// value is on the limit, or more than a billion would be needed.
std::optional<std::uint64_t> samples_needed(const Evidence& evidence, const Requirement& require);

/// The error that each of several gates with these chances may make, so that together they make
/// `all` (Holm 1979): side_of with it says kBeyond for those that are rejected. In the order of
/// `chances`.
std::vector<double> shared_errors(const std::vector<double>& chances, double all = kErrorRate);

}  // namespace bitgate

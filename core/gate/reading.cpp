#include "gate/reading.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "gate/evidence.hpp"

namespace bitgate {
namespace {

/// The value of "suite", "backend" or an axis; nullptr if the case has no such key.
const std::string* key_value(const CaseResult& result, const std::string& key) {
  if (key == "suite") return &result.suite;
  if (key == "backend") return &result.backend;
  for (const auto& [axis, value] : result.axes) {
    if (axis == key) return &value;
  }
  return nullptr;
}

/// What stands against every number of a case; nothing if it was measured.
std::optional<Reading> objection(const CaseResult& result) {
  Standing standing = standing_of(result);
  if (standing.status == CaseStatus::kMeasured) return std::nullopt;
  const bool wrong = standing.status == CaseStatus::kFail;
  return Reading{std::nullopt, std::move(standing.reason),
                 wrong ? GateStatus::kFail : GateStatus::kSkipped};
}

/// The metric at each sample. A metric of direction lower is a time, or goes with it; one of
/// direction higher is an amount over a time.
Evidence timed(const Metric& metric, const StageResult& stage, const CaseResult& result) {
  const double value = *metric.value;
  std::vector<double> times(stage.samples_ns.begin(), stage.samples_ns.end());
  const double center = median(times);
  const auto at = [&](double time) {
    if (center == 0) return value;  // less than the clock tells, whichever sample
    return metric.direction == Direction::kLower ? value * (time / center)
                                                 : value * (center / time);
  };
  const std::uint64_t looks = std::max<std::uint64_t>(result.attempts.size(), 1);
  Evidence evidence{value, {}, {}, "samples", looks};
  for (const double time : times) evidence.samples.push_back(at(time));
  if (is_disturbed(result)) {
    // What disturbs only takes time, so the best sample comes nearest to none of it; and it took at
    // least what its threads did not wait.
    const double best = *std::min_element(times.begin(), times.end());
    evidence.undisturbed = at(best * undisturbed_share(result));
  }
  return evidence;
}

}  // namespace

bool covers(const Rule& rule, const CaseResult& result) {
  return std::all_of(rule.where.begin(), rule.where.end(), [&](const auto& wanted) {
    const std::string* value = key_value(result, wanted.first);
    return value != nullptr && *value == wanted.second;
  });
}

bool is_other_arm(const Rule& rule, const CaseResult& result, const CaseResult& other) {
  for (const auto& [key, value] : rule.against) {
    if (key_value(result, key) == nullptr) return false;
  }
  const auto wanted = [&](const std::string& key) -> const std::string* {
    const auto replaced = rule.against.find(key);
    return replaced == rule.against.end() ? key_value(result, key) : &replaced->second;
  };
  if (other.suite != *wanted("suite") || other.backend != *wanted("backend")) return false;
  return std::all_of(other.axes.begin(), other.axes.end(), [&](const auto& axis) {
    const std::string* value = wanted(axis.first);
    return value != nullptr && axis.second == *value;
  });
}

Reading no_reading(const char* code, std::string detail) {
  return {std::nullopt, {code, std::move(detail)}, GateStatus::kSkipped};
}

Reading read_metric(const std::string& name, const CaseResult& result) {
  if (auto objected = objection(result)) return std::move(*objected);
  const auto found = result.metrics.find(name);
  if (found == result.metrics.end()) {
    return no_reading(reason::kMissingMetric, name + ": not recorded");
  }
  const Metric& metric = found->second;
  if (!metric.value && metric.reason == reason::kSimulatedDevice) {
    return no_reading(reason::kSimulatedDevice, name);
  }
  if (!metric.value || !std::isfinite(*metric.value)) {
    const std::string why = metric.value ? "not a finite number" : metric.reason;
    return no_reading(reason::kMissingMetric, name + ": " + why);
  }
  if (metric.statistic != "median") return {Evidence{*metric.value, {}, {}}, {}, {}};
  // Correctness may be read off an untimed stage, a time may not; and an impossible time is none.
  const std::string stage = name.substr(0, name.find('.'));
  if (!has_samples(result, stage)) {
    return no_reading(reason::kMissingMetric, name + ": its stage has no samples");
  }
  switch (plausibility(result)) {
    case Plausibility::kImpossible:
      return {std::nullopt, implausible(result), GateStatus::kFail};
    case Plausibility::kDoubtful:
      return no_reading(reason::kInconclusive, doubtful(result));
    case Plausibility::kPlausible:
      break;
  }
  return {timed(metric, result.stages.at(stage), result), {}, {}};
}

std::optional<double> shown_value(const std::string& name, const CaseResult& result) {
  const auto found = result.metrics.find(name);
  if (found == result.metrics.end() || !found->second.value) return std::nullopt;
  return std::isfinite(*found->second.value) ? found->second.value : std::nullopt;
}

std::string show(double value, const std::string& unit) {
  if (unit == "ns") {
    if (value >= 1e9) return fmt::format("{:.4g}s", value / 1e9);
    if (value >= 1e6) return fmt::format("{:.4g}ms", value / 1e6);
    if (value >= 1e3) return fmt::format("{:.4g}us", value / 1e3);
    return fmt::format("{:.4g}ns", value);
  }
  if (unit == "x") return fmt::format("{:.3g}x", value);
  if (unit == "%" && std::abs(value) >= 10) return fmt::format("{:+.0f}%", value * 100);
  if (unit == "%") return fmt::format("{:+.3g}%", value * 100);
  if (unit == "1" && value >= 0.001) return fmt::format("{:.3g}%", value * 100);
  if (unit == "1") return fmt::format("{:.3g}", value);
  if (unit == "count") return fmt::format("{:g}", value);
  return fmt::format("{:.4g} {}", value, unit);
}

}  // namespace bitgate

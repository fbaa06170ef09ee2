#include "gate/judge.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace bitgate {
namespace {

constexpr double kImplausibleShare = 1.05;

/// The value of "suite", "backend" or an axis; nullptr if the case has no such key.
const std::string* key_value(const CaseResult& result, const std::string& key) {
  if (key == "suite") return &result.suite;
  if (key == "backend") return &result.backend;
  for (const auto& [axis, value] : result.axes) {
    if (axis == key) return &value;
  }
  return nullptr;
}

bool covers(const Rule& rule, const CaseResult& result) {
  return std::all_of(rule.where.begin(), rule.where.end(), [&](const auto& wanted) {
    const std::string* value = key_value(result, wanted.first);
    return value != nullptr && *value == wanted.second;
  });
}

/// Whether `other` is `result` with the rule's replacements made.
bool is_other_arm(const Rule& rule, const CaseResult& result, const CaseResult& other) {
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

/// A number to judge, or why there is none.
struct Reading {
  std::optional<double> value;
  Reason reason;
  GateStatus status = GateStatus::kSkipped;  ///< without a value
};

Reading read_metric(const Rule& rule, const CaseResult& result) {
  switch (result.status) {
    case CaseStatus::kError:
    case CaseStatus::kSkipped:
      return {std::nullopt, result.reason, GateStatus::kSkipped};
    case CaseStatus::kFail:
    case CaseStatus::kMeasured:
      break;
  }
  const auto found = result.metrics.find(rule.metric);
  const bool has_value =
      found != result.metrics.end() && found->second.value && std::isfinite(*found->second.value);
  if (has_value) return {found->second.value, {}, GateStatus::kPass};
  if (result.status == CaseStatus::kFail) return {std::nullopt, result.reason, GateStatus::kFail};
  const std::string why = found == result.metrics.end() ? "not recorded" : found->second.reason;
  if (why == reason::kSimulatedDevice) return {std::nullopt, {why, ""}, GateStatus::kSkipped};
  return {std::nullopt, {reason::kMissingMetric, rule.metric + ": " + why}, GateStatus::kSkipped};
}

std::string show(double value, const std::string& unit) {
  if (unit == "x") return fmt::format("{:.3g}x", value);
  if (unit == "%") return fmt::format("{:+.3g}%", value * 100);
  if (unit == "1") return fmt::format("{:.3g}%", value * 100);
  if (unit == "count") return fmt::format("{:g}", value);
  return fmt::format("{:.4g} {}", value, unit);
}

class Judge {
 public:
  Judge(const Rule& rule, std::span<const CaseResult> cases) : rule_(rule), cases_(cases) {}

  GateResult judge() {
    gate_.id = rule_.id;
    gate_.metric = rule_.metric;
    gate_.require = rule_.require.text;
    gate_.required = rule_.required;
    for (const CaseResult& result : cases_) {
      if (!covers(rule_, result)) continue;
      if (!rule_.against.empty() && is_other_arm(rule_, result, result)) continue;
      gate_.cases.push_back(judge_case(result));
    }
    conclude();
    return std::move(gate_);
  }

 private:
  GateCase judge_case(const CaseResult& result) {
    GateCase out;
    out.id = result.id;
    note_unit(result);
    Reading reading = read_metric(rule_, result);
    if (reading.value && rule_.metric == "compute.ceiling" && *reading.value > kImplausibleShare) {
      out.value = reading.value;
      out.status = GateStatus::kFail;
      out.reason = {reason::kImplausible,
                    fmt::format("{} of what this machine can do", show(*reading.value, "1"))};
      consider(*reading.value);
      return out;
    }
    if (reading.value && !rule_.against.empty()) reading = compare(result, *reading.value, out);
    if (!reading.value) {
      out.status = reading.status;
      out.reason = std::move(reading.reason);
      return out;
    }
    out.value = reading.value;
    const bool good = *out.value >= rule_.require.min && *out.value <= rule_.require.max;
    out.status = good ? GateStatus::kPass : GateStatus::kFail;
    if (!good) {
      out.reason = {reason::kLimit,
                    fmt::format("{}, needs {}", show(*out.value, gate_.unit), rule_.require.text)};
    }
    consider(*out.value);
    return out;
  }

  /// The value against that of the other arm.
  Reading compare(const CaseResult& result, double value, GateCase& out) const {
    const auto other = std::find_if(cases_.begin(), cases_.end(), [&](const CaseResult& candidate) {
      return is_other_arm(rule_, result, candidate);
    });
    if (other == cases_.end()) {
      return {std::nullopt, {reason::kMissingCase, "nothing to compare with was run"}, {}};
    }
    out.against = other->id;
    Reading theirs = read_metric(rule_, *other);
    if (!theirs.value) {
      theirs.reason.detail = "the other arm: " + theirs.reason.text();
      theirs.reason.code = reason::kMissingCase;
      return theirs;
    }
    if (*theirs.value == 0) {
      return {std::nullopt, {reason::kMissingMetric, "the other arm's value is 0"}, {}};
    }
    const double ratio = value / *theirs.value;
    return {rule_.require.kind == RequireKind::kChange ? ratio - 1 : ratio, {}, GateStatus::kPass};
  }

  void note_unit(const CaseResult& result) {
    if (rule_.require.kind == RequireKind::kRatio) gate_.unit = "x";
    if (rule_.require.kind == RequireKind::kChange) gate_.unit = "%";
    const auto found = result.metrics.find(rule_.metric);
    if (rule_.require.kind == RequireKind::kValue && found != result.metrics.end()) {
      gate_.unit = found->second.unit;
    }
  }

  /// Keeps the value that is farthest beyond its bound, or nearest to it, as the gate's own.
  void consider(double value) {
    const double below = rule_.require.min - value;
    const double above = value - rule_.require.max;
    const double badness = std::max(below, above);
    if (gate_.value && badness <= worst_) return;
    worst_ = badness;
    gate_.value = value;
    const double bound = below > above ? rule_.require.min : rule_.require.max;
    gate_.limit = std::isfinite(bound) ? std::optional(bound) : std::nullopt;
  }

  void conclude() {
    std::vector<const GateCase*> judged;
    std::vector<const GateCase*> missing;
    const GateCase* failed = nullptr;
    std::size_t off = 0;
    for (const GateCase& one : gate_.cases) {
      if (one.status == GateStatus::kFail && failed == nullptr) failed = &one;
      if (one.status != GateStatus::kSkipped) {
        judged.push_back(&one);
      } else if (one.reason.code == reason::kFeatureOff) {
        ++off;
      } else {
        missing.push_back(&one);
      }
    }
    if (failed != nullptr) return end(GateStatus::kFail, about(*failed));
    if (judged.empty() && missing.empty() && off > 0) {
      gate_.blocking = false;
      return end(GateStatus::kSkipped, gate_.cases.front().reason);
    }
    if (gate_.cases.empty()) {
      return missing_part({reason::kNothingMeasured, "no case of the run is covered by this gate"},
                          false);
    }
    if (!missing.empty()) return missing_part(about(*missing.front()), !judged.empty());
    end(GateStatus::kPass, {});
  }

  void missing_part(Reason why, bool rest_is_good) {
    if (rule_.on_missing == OnMissing::kFail) return end(GateStatus::kFail, std::move(why));
    if (rule_.on_missing == OnMissing::kSkip) {
      gate_.blocking = false;
      if (rest_is_good) return end(GateStatus::kPass, {});
    }
    end(GateStatus::kSkipped, std::move(why));
  }

  static Reason about(const GateCase& one) {
    return {one.reason.code,
            one.reason.detail.empty() ? one.id : fmt::format("{} ({})", one.reason.detail, one.id)};
  }

  void end(GateStatus status, Reason why) {
    gate_.status = status;
    gate_.reason = std::move(why);
  }

  const Rule& rule_;
  std::span<const CaseResult> cases_;
  GateResult gate_;
  double worst_ = 0;
};

}  // namespace

std::vector<GateResult> judge(std::span<const Rule> rules, std::span<const CaseResult> cases) {
  std::vector<GateResult> gates;
  for (const Rule& rule : rules) gates.push_back(Judge(rule, cases).judge());
  return gates;
}

}  // namespace bitgate

#include "gate/judge.hpp"

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

bool covers(const Rule& rule, const CaseResult& result) {
  return std::all_of(rule.where.begin(), rule.where.end(), [&](const auto& wanted) {
    const std::string* value = key_value(result, wanted.first);
    return value != nullptr && *value == wanted.second;
  });
}

/// Whether `other` is `result` with the rule's replacements made. A case without a key that is to
/// be replaced has no other arm.
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

/// A number to judge, or why there is none.
struct Reading {
  std::optional<double> value;
  Reason reason;
  GateStatus status = GateStatus::kSkipped;  ///< without a value
};

Reading no_reading(const char* code, std::string detail) {
  return {std::nullopt, {code, std::move(detail)}, GateStatus::kSkipped};
}

/// What stands against every number of a case; nothing if it was measured.
std::optional<Reading> objection(const CaseResult& result) {
  Standing standing = standing_of(result);
  if (standing.status == CaseStatus::kMeasured) return std::nullopt;
  const bool wrong = standing.status == CaseStatus::kFail;
  return Reading{std::nullopt, std::move(standing.reason),
                 wrong ? GateStatus::kFail : GateStatus::kSkipped};
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
  // Correctness may be read off an untimed stage, a time may not; and an impossible time is none.
  if (metric.statistic == "median") {
    if (!has_samples(result, name.substr(0, name.find('.')))) {
      return no_reading(reason::kMissingMetric, name + ": its stage has no samples");
    }
    if (is_implausible(result)) return {std::nullopt, implausible(result), GateStatus::kFail};
  }
  return {metric.value, {}, GateStatus::kPass};
}

/// The number in this metric, whatever it is worth: to be shown, not judged.
std::optional<double> shown_value(const std::string& name, const CaseResult& result) {
  const auto found = result.metrics.find(name);
  if (found == result.metrics.end() || !found->second.value) return std::nullopt;
  return std::isfinite(*found->second.value) ? found->second.value : std::nullopt;
}

/// As people write it: "52.4us", "76.3%", "1.5x".
std::string show(double value, const std::string& unit) {
  if (unit == "ns") {
    if (value >= 1e9) return fmt::format("{:.4g}s", value / 1e9);
    if (value >= 1e6) return fmt::format("{:.4g}ms", value / 1e6);
    if (value >= 1e3) return fmt::format("{:.4g}us", value / 1e3);
    return fmt::format("{:.4g}ns", value);
  }
  if (unit == "x") return fmt::format("{:.3g}x", value);
  if (unit == "%") return fmt::format("{:+.3g}%", value * 100);
  if (unit == "1" && value >= 0.001) return fmt::format("{:.3g}%", value * 100);
  if (unit == "1") return fmt::format("{:.3g}", value);
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
    Reading reading = read_metric(rule_.metric, result);
    if (reading.value && !rule_.against.empty()) reading = compare(result, *reading.value, out);
    if (!reading.value) {
      out.status = reading.status;
      out.reason = std::move(reading.reason);
      if (out.status == GateStatus::kFail && rule_.against.empty()) {
        out.value = shown_value(rule_.metric, result);
        if (out.value) consider(*out.value);
      }
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
      return no_reading(reason::kMissingCase, "nothing to compare with was run");
    }
    out.against = other->id;
    Reading theirs = read_metric(rule_.metric, *other);
    if (!theirs.value) {
      // A feature that is off stays a declared choice, a wrong arm stays wrong; else it is missing.
      if (theirs.reason.code == reason::kFeatureOff) return theirs;
      const bool wrong = theirs.status == GateStatus::kFail;
      theirs.reason = {wrong ? theirs.reason.code : reason::kMissingCase,
                       "the other arm: " + (wrong ? theirs.reason.detail : theirs.reason.text())};
      return theirs;
    }
    const double ratio = value / *theirs.value;
    if (!std::isfinite(ratio)) {
      return no_reading(reason::kMissingMetric,
                        fmt::format("{} can't be compared with {:g}", rule_.metric, *theirs.value));
    }
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
    worst_case_ = gate_.cases.size();  // the one that is being judged comes next
    gate_.value = value;
    const double bound = below > above ? rule_.require.min : rule_.require.max;
    gate_.limit = std::isfinite(bound) ? std::optional(bound) : std::nullopt;
  }

  void conclude() {
    if (gate_.cases.empty()) {
      return missing({reason::kNothingMeasured, "no case of the run is covered by this gate"});
    }
    const GateCase* failed = nullptr;
    const GateCase* unjudged = nullptr;
    std::size_t passed = 0;
    std::size_t off = 0;
    std::size_t open = 0;
    for (const GateCase& one : gate_.cases) {
      if (one.status == GateStatus::kFail && failed == nullptr) failed = &one;
      if (one.status == GateStatus::kPass) {
        ++passed;
      } else if (one.reason.code == reason::kFeatureOff) {
        ++off;
      } else if (one.status == GateStatus::kSkipped) {
        ++open;
        if (unjudged == nullptr) unjudged = &one;
      }
    }
    if (failed != nullptr) {
      const GateCase& worst = gate_.cases[worst_case_];
      return end(GateStatus::kFail, about(worst.status == GateStatus::kFail ? worst : *failed));
    }
    if (off == gate_.cases.size()) {
      gate_.blocking = false;
      return end(GateStatus::kSkipped, about(gate_.cases.front()));
    }
    if (unjudged == nullptr) return end(GateStatus::kPass, {});
    Reason why = about(*unjudged);
    if (passed > 0) {
      why.detail = fmt::format("{} of {} cases not judged, the first: {}", open, gate_.cases.size(),
                               why.detail);
    }
    // What may be missing is said, even where the rest is enough.
    const bool enough = passed > 0 && rule_.on_missing == OnMissing::kSkip;
    return enough ? end(GateStatus::kPass, std::move(why)) : missing(std::move(why));
  }

  void missing(Reason why) {
    gate_.blocking = rule_.on_missing != OnMissing::kSkip;
    const bool fails = rule_.on_missing == OnMissing::kFail;
    end(fails ? GateStatus::kFail : GateStatus::kSkipped, std::move(why));
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
  std::size_t worst_case_ = 0;
};

}  // namespace

std::vector<GateResult> judge(std::span<const Rule> rules, std::span<const CaseResult> cases) {
  std::vector<GateResult> gates;
  for (const Rule& rule : rules) gates.push_back(Judge(rule, cases).judge());
  return gates;
}

}  // namespace bitgate

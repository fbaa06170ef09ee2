#include "gate/judge.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "gate/comparing.hpp"
#include "gate/evidence.hpp"
#include "gate/reading.hpp"
#include "gate/three_way.hpp"
#include "receipt/metrics.hpp"

namespace bitgate {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// One rule in the making: first the evidence of all its cases, then, with the errors that it may
/// make, what that amounts to.
class Judge {
 public:
  Judge(const Rule& rule, std::span<const CaseResult> cases,
        std::span<const Comparison> comparisons, const Attempts& attempts)
      : rule_(rule), cases_(cases), comparisons_(comparisons), attempts_(attempts) {
    gate_.id = rule_.id;
    gate_.metric = rule_.metric;
    gate_.require = rule_.require.text;
    gate_.required = rule_.required;
    for (const CaseResult& result : cases_) {
      if (!covers(rule_, result)) continue;
      if (!rule_.against.empty() && is_other_arm(rule_, result, result)) continue;
      rows_.push_back(read(result));
    }
  }

  [[nodiscard]] bool required() const { return rule_.required; }

  /// The chances of the rows whose evidence is not exact.
  [[nodiscard]] std::vector<double> chances() const {
    std::vector<double> out;
    for (const Row& row : rows_) {
      if (is_chancy(row)) out.push_back(chance_within(*row.reading.evidence, rule_.require));
    }
    return out;
  }

  /// `errors`: one for each of the chances.
  GateResult judge(std::span<const double> errors) {
    std::size_t next = 0;
    for (Row& row : rows_) judge_row(row, is_chancy(row) ? errors[next++] : 0);
    conclude();
    return std::move(gate_);
  }

  /// As a gate of its own.
  GateResult judge() {
    std::vector<double> errors;
    for (const Row& row : rows_) {
      if (is_chancy(row)) errors.push_back(error_of(*row.reading.evidence));
    }
    return judge(errors);
  }

 private:
  struct Row {
    const CaseResult* result;
    Reading reading;
    GateCase out;
  };

  static bool is_chancy(const Row& row) {
    return row.reading.evidence && !row.reading.evidence->exact();
  }

  /// What a judgement of it by itself may err by. It was last looked at when it last grew: that
  /// others were tried again changes nothing for what did not need to be.
  [[nodiscard]] double error_of(const Evidence& evidence) const {
    return kErrorRate * share_of_look(evidence.looks, attempts_.most);
  }

  Row read(const CaseResult& result) {
    Row row{&result, read_metric(rule_.metric, result), {}};
    row.out.id = result.id;
    if (rule_.no_fallback && !result.fallback.refused.empty()) {
      row.reading = {std::nullopt, result.reason, GateStatus::kFail};
    }
    note_unit(result);
    if (row.reading.evidence && !rule_.missing_target.empty()) {
      row.reading = no_reading(reason::kMissingTarget, rule_.missing_target);
    } else if (row.reading.evidence && !rule_.against.empty()) {
      row.reading = compare(result, *row.reading.evidence, row.out);
    }
    return row;
  }

  /// The value against that of the other arm.
  Reading compare(const CaseResult& result, const Evidence& mine, GateCase& out) const {
    const auto other = std::find_if(cases_.begin(), cases_.end(), [&](const CaseResult& candidate) {
      return is_other_arm(rule_, result, candidate);
    });
    if (other == cases_.end()) {
      return no_reading(reason::kMissingCase, "nothing to compare with was run");
    }
    out.against = other->id;
    if (rule_.no_fallback && !other->fallback.refused.empty()) {
      return {std::nullopt,
              {other->reason.code, "the other arm: " + other->reason.detail},
              GateStatus::kFail};
    }
    Reading theirs = read_metric(rule_.metric, *other);
    if (!theirs.evidence) {
      // A feature that is off stays a declared choice, a wrong arm stays wrong, a doubtful one
      // doubtful; else it is missing.
      if (reason::is_declared(theirs.reason.code)) return theirs;
      const bool kept =
          theirs.status == GateStatus::kFail || theirs.reason.code == reason::kInconclusive;
      theirs.reason = {kept ? theirs.reason.code : reason::kMissingCase,
                       "the other arm: " + (kept ? theirs.reason.detail : theirs.reason.text())};
      return theirs;
    }
    const MetricInfo* metric = find_metric(rule_.metric);
    // An outside command can't be run in turns with another.
    if (metric == nullptr || !is_compared_in_rounds(*metric) || result.benchmark) {
      return compare_samples(mine, *theirs.evidence, result, *other);
    }
    Reading reading = read_comparison(*metric, result, *other, comparisons_);
    if (reading.evidence) {
      Evidence& evidence = *reading.evidence;
      evidence.value = in_unit(evidence.value);
      for (double& sample : evidence.samples) sample = in_unit(sample);
      if (std::string why = null_differs(result, *other); !why.empty()) {
        out.value = evidence.value;
        return no_reading(reason::kInconclusive, std::move(why));
      }
    }
    return reading;
  }

  /// Each sample with the one of the other arm that was taken at the same place in its row. They
  /// were not taken at the same time, so on a disturbed machine they say nothing.
  Reading compare_samples(const Evidence& mine, const Evidence& theirs, const CaseResult& result,
                          const CaseResult& other) const {
    const double ratio = mine.value / theirs.value;
    if (!std::isfinite(ratio)) {
      return no_reading(reason::kMissingMetric,
                        fmt::format("{} can't be compared with {:g}", rule_.metric, theirs.value));
    }
    if (!mine.exact()) {
      for (const CaseResult* arm : {&result, &other}) {
        if (is_disturbed(*arm)) return no_reading(reason::kInconclusive, disturbed(*arm));
      }
    }
    Evidence evidence{in_unit(ratio), {}, {}, "samples", std::max(mine.looks, theirs.looks)};
    for (std::size_t i = 0; i < std::min(mine.samples.size(), theirs.samples.size()); ++i) {
      evidence.samples.push_back(in_unit(mine.samples[i] / theirs.samples[i]));
    }
    return {std::move(evidence), {}, {}};
  }

  /// What the baseline's copy says against any judgement; empty if nothing.
  [[nodiscard]] std::string null_differs(const CaseResult& result, const CaseResult& other) const {
    const bool change = rule_.require.kind == RequireKind::kChange;
    double nearest = kInfinity;  // of the limits, as the factor that it is away from no difference
    for (const double limit : {rule_.require.min, rule_.require.max}) {
      const double ratio = change ? limit + 1 : limit;
      if (ratio > 0 && std::isfinite(ratio))
        nearest = std::min(nearest, std::max(ratio, 1 / ratio));
    }
    return why_unfit(*find_comparison(comparisons_, result.id, other.id), nearest);
  }

  [[nodiscard]] double in_unit(double ratio) const {
    return rule_.require.kind == RequireKind::kChange ? ratio - 1 : ratio;
  }

  void judge_row(Row& row, double error) {
    GateCase& out = row.out;
    if (!row.reading.evidence) {
      out.status = row.reading.status;
      out.reason = std::move(row.reading.reason);
      // What a fallback measured is not this case's value.
      const bool own = row.result->fallback.refused.empty();
      if (out.status == GateStatus::kFail && rule_.against.empty() && own) {
        out.value = shown_value(rule_.metric, *row.result);
      }
    } else {
      const Evidence& evidence = *row.reading.evidence;
      out.value = evidence.value;
      if (!evidence.exact()) {
        const Interval interval = interval_of(evidence, error_of(evidence));
        out.interval = {interval.low, interval.high};
      }
      switch (side_of(evidence, rule_.require, {error, error_of(evidence)})) {
        case Side::kWithin:
          out.status = GateStatus::kPass;
          break;
        case Side::kBeyond:
          out.status = GateStatus::kFail;
          out.reason = {
              reason::kLimit,
              fmt::format("{}, needs {}", show(evidence.value, gate_.unit), rule_.require.text)};
          break;
        case Side::kOpen:
          out.status = GateStatus::kSkipped;
          out.reason = {reason::kInconclusive, open(evidence, *row.result)};
      }
    }
    if (out.value) consider(*out.value, out);
    gate_.cases.push_back(std::move(out));
  }

  /// What is known, what could be, and what it would take.
  [[nodiscard]] std::string open(const Evidence& evidence, const CaseResult& result) const {
    const Interval interval = interval_of(evidence, error_of(evidence));
    std::string out = fmt::format("{}..{}, needs {}; ", show(interval.low, gate_.unit),
                                  show(interval.high, gate_.unit), rule_.require.text);
    if (evidence.undisturbed) return out + disturbed(result);
    out += fmt::format("{} {} tell {:.2g}%", evidence.samples.size(), evidence.each,
                       detectable(evidence, rule_.require.kind) * 100);
    const auto needed = samples_needed(evidence, rule_.require);
    return out + (needed ? fmt::format(", this takes about {}", *needed)
                         : ", and the value is on the limit");
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
  void consider(double value, const GateCase& one) {
    const double below = rule_.require.min - value;
    const double above = value - rule_.require.max;
    const double badness = std::max(below, above);
    if (gate_.value && badness <= worst_) return;
    worst_ = badness;
    worst_case_ = gate_.cases.size();  // the one that is being judged comes next
    gate_.value = value;
    gate_.interval = one.interval;
    const double bound = below > above ? rule_.require.min : rule_.require.max;
    gate_.limit = std::isfinite(bound) ? std::optional(bound) : std::nullopt;
  }

  void conclude() {
    if (gate_.cases.empty()) {
      return missing({reason::kNothingMeasured, "no case of the run is covered by this gate"});
    }
    const GateCase* failed = nullptr;
    const GateCase* unsure = nullptr;
    const GateCase* unjudged = nullptr;
    std::size_t passed = 0;
    std::size_t off = 0;
    std::size_t open = 0;
    for (const GateCase& one : gate_.cases) {
      if (one.status == GateStatus::kFail && failed == nullptr) failed = &one;
      if (one.status == GateStatus::kPass) {
        ++passed;
      } else if (reason::is_declared(one.reason.code)) {
        ++off;
      } else if (one.reason.code == reason::kInconclusive) {
        if (unsure == nullptr) unsure = &one;
      } else if (one.status == GateStatus::kSkipped) {
        ++open;
        if (unjudged == nullptr) unjudged = &one;
      }
    }
    if (failed != nullptr) {
      const GateCase& worst = gate_.cases[worst_case_];
      return end(GateStatus::kFail, about(worst.status == GateStatus::kFail ? worst : *failed));
    }
    // What was measured and is not sure is not missing: no rule on what is missing lets it pass.
    if (unsure != nullptr) return end(GateStatus::kSkipped, about(*unsure));
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
  std::span<const Comparison> comparisons_;
  Attempts attempts_;
  std::vector<Row> rows_;
  GateResult gate_;
  double worst_ = 0;
  std::size_t worst_case_ = 0;
};

}  // namespace

std::vector<GateResult> judge(std::span<const Rule> rules, std::span<const CaseResult> cases,
                              std::span<const Comparison> comparisons, const Attempts& attempts) {
  std::vector<Judge> judges;
  std::vector<double> chances;
  for (const Rule& rule : rules) {
    judges.emplace_back(rule, cases, comparisons, attempts);
    if (!rule.required) continue;
    const std::vector<double> more = judges.back().chances();
    chances.insert(chances.end(), more.begin(), more.end());
  }
  const std::vector<double> shared =
      shared_errors(chances, kErrorRate * share_of_look(attempts.made, attempts.most));
  std::vector<GateResult> gates;
  std::size_t next = 0;
  for (Judge& judge : judges) {
    if (judge.required()) {
      const std::size_t count = judge.chances().size();
      gates.push_back(judge.judge(std::span(shared).subspan(next, count)));
      next += count;
    } else {
      gates.push_back(judge.judge());
    }
  }
  return gates;
}

}  // namespace bitgate

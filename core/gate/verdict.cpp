#include <algorithm>

#include <fmt/format.h>

#include "gate/evidence.hpp"
#include "gate/judge.hpp"

namespace bitgate {
namespace {

Verdict make(VerdictStatus status, Reason why, const std::string& route, ExitCode code) {
  return {status, std::move(why), route, code};
}

/// The first case of this standing, with the reason.
struct Found {
  const CaseResult* result = nullptr;
  Reason reason;

  explicit operator bool() const { return result != nullptr; }
  /// "case: detail"
  [[nodiscard]] Reason about() const {
    return {reason.code, fmt::format("{}: {}", result->id, reason.detail)};
  }
};

Found find_case(std::span<const CaseResult> cases, CaseStatus status) {
  for (const CaseResult& result : cases) {
    Standing standing = standing_of(result);
    if (standing.status == status) return {&result, std::move(standing.reason)};
  }
  return {};
}

/// The first case, if the pipeline's scope leaves out every one.
Found all_out_of_scope(std::span<const CaseResult> cases) {
  const bool all = std::all_of(cases.begin(), cases.end(), [](const CaseResult& result) {
    return result.reason.code == reason::kOutOfScope;
  });
  return all && !cases.empty() ? Found{&cases.front(), cases.front().reason} : Found();
}

/// The first comparison of this status, likewise.
Reason find_comparison(std::span<const Comparison> comparisons, CaseStatus status) {
  const auto found =
      std::find_if(comparisons.begin(), comparisons.end(),
                   [&](const Comparison& comparison) { return comparison.status == status; });
  if (found == comparisons.end()) return {};
  return {found->reason.code, fmt::format("{} against {}: {}", found->candidate, found->baseline,
                                          found->reason.detail)};
}

/// A case that is faster than the machine can be: its measurement is wrong, whatever gates look at.
/// A doubtful one is none to rely on.
Found find_implausible(std::span<const CaseResult> cases, Plausibility wanted) {
  for (const CaseResult& result : cases) {
    if (plausibility(result) != wanted) continue;
    if (wanted == Plausibility::kImpossible) return {&result, implausible(result)};
    return {&result, {reason::kInconclusive, doubtful(result)}};
  }
  return {};
}

const GateResult* find_gate(std::span<const GateResult> gates, GateStatus status,
                            bool inconclusive = false) {
  const auto found = std::find_if(gates.begin(), gates.end(), [&](const GateResult& gate) {
    return gate.required && gate.blocking && gate.status == status &&
           (!inconclusive || gate.reason.code == reason::kInconclusive);
  });
  return found == gates.end() ? nullptr : &*found;
}

Reason about(const GateResult& gate) {
  if (gate.reason.detail.empty()) return {gate.reason.code, gate.id};
  return {gate.reason.code, fmt::format("{}: {}", gate.id, gate.reason.detail)};
}

}  // namespace

Verdict conclude(std::span<const GateResult> gates, std::span<const CaseResult> cases,
                 std::span<const Comparison> comparisons, bool interrupted, const Routes& routes) {
  if (interrupted) {
    const auto measured = std::count_if(cases.begin(), cases.end(), [](const CaseResult& result) {
      return standing_of(result).status == CaseStatus::kMeasured;
    });
    return make(VerdictStatus::kFail,
                {reason::kInterrupted, fmt::format("after {} of {} cases", measured, cases.size())},
                routes.retry, ExitCode::kFault);
  }
  if (const Found wrong = find_case(cases, CaseStatus::kFail)) {
    return make(VerdictStatus::kFail, wrong.about(), routes.after_wrong_output(), ExitCode::kFail);
  }
  if (Reason wrong = find_comparison(comparisons, CaseStatus::kFail); !wrong.empty()) {
    return make(VerdictStatus::kFail, std::move(wrong), routes.fail, ExitCode::kFail);
  }
  if (const Found impossible = find_implausible(cases, Plausibility::kImpossible)) {
    return make(VerdictStatus::kFail, impossible.about(), routes.fail, ExitCode::kFail);
  }
  if (const GateResult* failed = find_gate(gates, GateStatus::kFail)) {
    return make(VerdictStatus::kFail, about(*failed), routes.after_fail_of(failed->metric),
                ExitCode::kFail);
  }
  if (const Found broken = find_case(cases, CaseStatus::kError)) {
    return make(VerdictStatus::kFail, broken.about(), routes.after_tooling(), ExitCode::kFault);
  }
  if (Reason broken = find_comparison(comparisons, CaseStatus::kError); !broken.empty()) {
    return make(VerdictStatus::kFail, std::move(broken), routes.retry, ExitCode::kFault);
  }
  if (!find_case(cases, CaseStatus::kMeasured)) {
    if (const Found out = all_out_of_scope(cases)) {
      return make(VerdictStatus::kSkipped, out.reason, routes.pass, ExitCode::kPass);
    }
    Reason why{reason::kNothingMeasured, ""};
    if (const Found skipped = find_case(cases, CaseStatus::kSkipped)) {
      why.detail = skipped.reason.text();
      if (cases.size() > 1) {
        why.detail = fmt::format("{} cases were skipped, the first: {}", cases.size(), why.detail);
      }
    }
    return make(VerdictStatus::kSkipped, std::move(why), routes.retry, ExitCode::kNothingMeasured);
  }
  if (const GateResult* open = find_gate(gates, GateStatus::kSkipped, true)) {
    return make(VerdictStatus::kSkipped, about(*open), routes.retry, ExitCode::kInconclusive);
  }
  if (const Found doubt = find_implausible(cases, Plausibility::kDoubtful)) {
    return make(VerdictStatus::kSkipped, doubt.about(), routes.retry, ExitCode::kInconclusive);
  }
  if (const GateResult* open = find_gate(gates, GateStatus::kSkipped)) {
    return make(VerdictStatus::kSkipped, about(*open), routes.retry, ExitCode::kNothingMeasured);
  }
  const bool judged = std::any_of(gates.begin(), gates.end(), [](const GateResult& gate) {
    return gate.required && gate.status == GateStatus::kPass;
  });
  if (!judged) {
    return make(VerdictStatus::kSkipped, {reason::kNothingMeasured, "no required gate was judged"},
                routes.retry, ExitCode::kNothingMeasured);
  }
  return make(VerdictStatus::kPass, {}, routes.pass, ExitCode::kPass);
}

}  // namespace bitgate

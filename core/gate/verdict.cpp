#include <algorithm>

#include <fmt/format.h>

#include "gate/judge.hpp"

namespace bitgate {
namespace {

constexpr double kImplausibleShare = 1.05;

Verdict make(VerdictStatus status, Reason why, const std::string& route, ExitCode code) {
  return {status, std::move(why), route, code};
}

const CaseResult* find_case(std::span<const CaseResult> cases, CaseStatus status) {
  const auto found = std::find_if(cases.begin(), cases.end(), [&](const CaseResult& result) {
    return result.status == status;
  });
  return found == cases.end() ? nullptr : &*found;
}

/// A case that is faster than the machine can be: its measurement is wrong, whatever gates look at.
const CaseResult* find_implausible(std::span<const CaseResult> cases) {
  const auto found = std::find_if(cases.begin(), cases.end(), [](const CaseResult& result) {
    const auto metric = result.metrics.find("compute.ceiling");
    return metric != result.metrics.end() && metric->second.value.value_or(0) > kImplausibleShare;
  });
  return found == cases.end() ? nullptr : &*found;
}

const GateResult* find_gate(std::span<const GateResult> gates, GateStatus status) {
  const auto found = std::find_if(gates.begin(), gates.end(), [&](const GateResult& gate) {
    return gate.required && gate.blocking && gate.status == status;
  });
  return found == gates.end() ? nullptr : &*found;
}

Reason about(const GateResult& gate) {
  return {gate.reason.code, fmt::format("{}: {}", gate.id, gate.reason.detail)};
}

}  // namespace

Verdict conclude(std::span<const GateResult> gates, std::span<const CaseResult> cases,
                 bool interrupted, const Routes& routes) {
  if (interrupted) {
    const auto measured = std::count_if(cases.begin(), cases.end(), [](const CaseResult& result) {
      return result.status == CaseStatus::kMeasured;
    });
    return make(VerdictStatus::kFail,
                {reason::kInterrupted, fmt::format("after {} of {} cases", measured, cases.size())},
                routes.retry, ExitCode::kFault);
  }
  if (const CaseResult* wrong = find_case(cases, CaseStatus::kFail)) {
    return make(VerdictStatus::kFail,
                {wrong->reason.code, fmt::format("{}: {}", wrong->id, wrong->reason.detail)},
                routes.fail, ExitCode::kFail);
  }
  if (const CaseResult* impossible = find_implausible(cases)) {
    return make(VerdictStatus::kFail,
                {reason::kImplausible,
                 fmt::format("{}: {:.0f}% of what this machine can do", impossible->id,
                             *impossible->metrics.at("compute.ceiling").value * 100)},
                routes.fail, ExitCode::kFail);
  }
  if (const GateResult* failed = find_gate(gates, GateStatus::kFail)) {
    return make(VerdictStatus::kFail, about(*failed), routes.fail, ExitCode::kFail);
  }
  if (const CaseResult* broken = find_case(cases, CaseStatus::kError)) {
    return make(VerdictStatus::kFail,
                {reason::kError, fmt::format("{}: {}", broken->id, broken->reason.detail)},
                routes.retry, ExitCode::kFault);
  }
  if (find_case(cases, CaseStatus::kMeasured) == nullptr) {
    Reason why{reason::kNothingMeasured, ""};
    if (!cases.empty()) {
      why.detail = fmt::format("{} cases were skipped, the first: {}", cases.size(),
                               cases.front().reason.text());
    }
    return make(VerdictStatus::kSkipped, std::move(why), routes.retry, ExitCode::kNothingMeasured);
  }
  if (const GateResult* open = find_gate(gates, GateStatus::kInconclusive)) {
    return make(VerdictStatus::kSkipped, about(*open), routes.retry, ExitCode::kInconclusive);
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

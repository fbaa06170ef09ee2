#include "run/judgement.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "gate/judge.hpp"
#include "measure/ceilings.hpp"
#include "measure/environment.hpp"

namespace bitgate {
namespace {

/// Why no time of this receipt may be judged; empty if they may.
std::string why_no_times(const Receipt& receipt) {
  const auto type = build_type_of(receipt.tool.build);
  if (!type || !is_unoptimized(*type)) return "";
  const auto& facts = receipt.environment.facts;
  const bool told = std::any_of(facts.begin(), facts.end(),
                                [](const auto& fact) { return fact.first == kJudgeDebug; });
  if (told) return "";
  return "times of a Debug build of bitgate mean nothing; use the release preset, or set "
         "BITGATE_JUDGE_DEBUG=1";
}

/// The cases as gates may see them.
std::vector<CaseResult> without_times(const std::vector<CaseResult>& cases,
                                      const std::string& why) {
  std::vector<CaseResult> out = cases;
  for (CaseResult& result : out) {
    for (auto& [name, metric] : result.metrics) {
      if (metric.statistic != "median" || !metric.value) continue;
      metric.value.reset();
      metric.reason = why;
    }
  }
  return out;
}

}  // namespace

void judge_receipt(const Pipeline& pipeline, Receipt& receipt) {
  receipt.ceilings.clear();
  for (const CaseResult& result : receipt.cases) {
    // The best of several kinds of machines is none's.
    if (!result.ceilings || !receipt.machines.empty()) continue;
    Ceilings& best = receipt.ceilings[result.threads];
    best = best_of(best, *result.ceilings);
  }
  const std::string why = why_no_times(receipt);
  const std::vector<CaseResult> judged =
      why.empty() ? std::vector<CaseResult>() : without_times(receipt.cases, why);
  const std::vector<CaseResult>& cases = why.empty() ? receipt.cases : judged;
  receipt.gates = judge(pipeline.gates, cases, receipt.comparisons);
  receipt.verdict =
      conclude(receipt.gates, cases, receipt.comparisons, receipt.interrupted, pipeline.routes);
}

}  // namespace bitgate

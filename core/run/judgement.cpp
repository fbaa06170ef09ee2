#include "run/judgement.hpp"

#include "gate/judge.hpp"
#include "measure/ceilings.hpp"

namespace bitgate {

void judge_receipt(const Pipeline& pipeline, Receipt& receipt) {
  receipt.ceilings.clear();
  for (const CaseResult& result : receipt.cases) {
    if (!result.ceilings) continue;
    Ceilings& best = receipt.ceilings[result.threads];
    best = best_of(best, *result.ceilings);
  }
  receipt.gates = judge(pipeline.gates, receipt.cases, receipt.comparisons);
  receipt.verdict = conclude(receipt.gates, receipt.cases, receipt.comparisons, receipt.interrupted,
                             pipeline.routes);
}

}  // namespace bitgate

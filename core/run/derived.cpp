#include "run/derived.hpp"

#include "measure/sampling.hpp"
#include "run/benchmark_case.hpp"
#include "run/case_metrics.hpp"
#include "run/generation_metrics.hpp"

namespace bitgate {

void derive(CaseResult& result, const Case& what) {
  for (auto& [name, stage] : result.stages) {
    stage.summary.reset();
    if (!stage.samples_ns.empty()) summarize(stage);
  }
  if (result.metrics.empty()) return;  // the case ended before
  if (what.suite->op == ComputeOp::kBenchmark) {
    fill_benchmark_metrics(*what.suite, result);
  } else if (what.suite->generate) {
    fill_generation_metrics(result, what.format, generation_facts_of(result));
  } else {
    fill_metrics(result, what, facts_of(result));
  }
}

}  // namespace bitgate

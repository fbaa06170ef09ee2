// One case from its backend to its result.
#pragma once

#include <chrono>
#include <memory>

#include "measure/ceilings.hpp"
#include "measure/sampling.hpp"
#include "pipeline/expand.hpp"
#include "receipt/receipt.hpp"
#include "run/backend_pool.hpp"
#include "run/generation_case.hpp"
#include "run/workload.hpp"

namespace bitgate {

/// Runs cases one after the other. A plugin that fails ends its case as an error and nothing else.
class CaseRunner {
 public:
  CaseRunner(const Pipeline& pipeline, BackendPool& pool)
      : pipeline_(pipeline), pool_(pool), sampling_(pipeline.sampling) {}

  /// Throws worker::Interrupted if the user asked the run to end; everything else is in the result.
  CaseResult run(const Case& what);

  /// The same once more in a fresh worker, to be joined with what attempts before came to
  /// (attempts.hpp): samples of as many executions, as many as fit into max_time.
  CaseResult run_again(const Case& what, const CaseResult& before);

 private:
  /// The case on its own backend, whatever else there is.
  CaseResult attempt(const Case& what);
  void run_on(const Case& what, BackendPool::Live& live, CaseResult& result);
  void run_stages(const Case& what, BackendPool::Live& live, Workload& workload,
                  CaseResult& result);
  Ceilings measure_ceilings(unsigned threads);
  /// Those behind the last case, if it ended a moment ago: they are beside this one too.
  Ceilings recent_ceilings(unsigned threads);
  Workload& workload_for(const Case& what);

  const Pipeline& pipeline_;
  BackendPool& pool_;
  Sampling sampling_;  ///< of the case that is run
  /// Made when a case first gets as far as being timed: it takes threads and much memory.
  std::unique_ptr<CeilingProbe> probe_;
  struct {
    unsigned threads = 0;
    Ceilings value;
    std::chrono::steady_clock::time_point at;
  } ceilings_;
  std::unique_ptr<Workload> workload_;
  GenerationCases generation_;
};

}  // namespace bitgate

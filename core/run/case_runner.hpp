// One case from its backend to its result.
#pragma once

#include <memory>

#include "measure/ceilings.hpp"
#include "measure/sampling.hpp"
#include "pipeline/expand.hpp"
#include "receipt/receipt.hpp"
#include "run/backend_pool.hpp"
#include "run/workload.hpp"

namespace bitgate {

/// Runs cases one after the other. A plugin that fails ends its case as an error and nothing else.
class CaseRunner {
 public:
  CaseRunner(const Pipeline& pipeline, BackendPool& pool) : pipeline_(pipeline), pool_(pool) {}

  /// Throws worker::Interrupted if the user asked the run to end; everything else is in the result.
  CaseResult run(const Case& what);

 private:
  void run_on(const Case& what, BackendPool::Live& live, CaseResult& result);
  void run_stages(const Case& what, BackendPool::Live& live, Workload& workload,
                  CaseResult& result);
  Workload& workload_for(const Case& what);

  const Pipeline& pipeline_;
  BackendPool& pool_;
  CeilingProbe probe_;
  std::unique_ptr<Workload> workload_;
};

}  // namespace bitgate

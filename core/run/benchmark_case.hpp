// A case of op benchmark: an outside command measures, and its results are taken in.
#pragma once

#include "pipeline/expand.hpp"
#include "receipt/receipt.hpp"
#include "worker/backend_client.hpp"

namespace bitgate {

/// Runs a case in the open session, which the caller closes. Fills in its status, also where the
/// command failed, measured nothing or is missing. Throws as the client does, and std::exception
/// for results that can't be understood.
void run_benchmark(const Case& what, worker::BackendClient& client, CaseResult& result);

/// All metrics of such a case from its samples and its `benchmark`. Numbers that were imported, of
/// which nobody saw how they were taken, count only where the suite says so: else a measured case
/// of them becomes one that was skipped, with its numbers still there to see.
void fill_benchmark_metrics(const SuiteSpec& suite, CaseResult& result);

}  // namespace bitgate

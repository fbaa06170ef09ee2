// What follows from the samples of a case.
#pragma once

#include "pipeline/expand.hpp"
#include "receipt/receipt.hpp"

namespace bitgate {

/// Summarizes the stages of a result anew, and fills its metrics anew, if it has any, from these,
/// its ceilings, and what the metrics themselves say of weights and outputs. The result has what
/// the case's op leaves besides: `benchmark` and samples, or `generation`.
void derive(CaseResult& result, const Case& what);

}  // namespace bitgate

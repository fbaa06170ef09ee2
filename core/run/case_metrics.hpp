// From stage times to the declared metrics of a case.
#pragma once

#include <string>

#include "pipeline/expand.hpp"
#include "receipt/receipt.hpp"
#include "run/stages.hpp"

namespace bitgate {

/// What the metrics of a case are computed from, besides its stages.
struct CaseFacts {
  QuantizeCheck weights;
  OutputCheck output;
  bool weights_checked = false;
  bool outputs_checked = false;
  std::string timing_invalid;  ///< why no time of this case counts; empty if they do
};

/// Fills result.metrics from result.stages, result.ceilings, result.simulated and the facts. Every
/// metric of a matmul or dequantize case is present; one that can't be given has a reason.
void fill_metrics(CaseResult& result, const Case& what, const CaseFacts& facts);

/// The facts behind metrics that were filled from them: with these, fill_metrics gives them again.
CaseFacts facts_of(const CaseResult& result);

}  // namespace bitgate

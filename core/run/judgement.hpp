// The part of a receipt that follows from the rest: what a run, its verification and a merge share.
#pragma once

#include "pipeline/pipeline.hpp"
#include "receipt/receipt.hpp"

namespace bitgate {

/// Fills ceilings, gates and verdict from the cases, the comparisons, and whether it was
/// interrupted. No gate over a time is judged if a Debug build of bitgate took them, unless the
/// environment says that it was told to.
void judge_receipt(const Pipeline& pipeline, Receipt& receipt);

}  // namespace bitgate

// What a case has to show before any of its numbers is judged.
#pragma once

#include <string>

#include "receipt/receipt.hpp"

namespace bitgate {

/// Beyond this share of the ceiling that was measured beside it, a time is a mistake of whoever
/// took it.
inline constexpr double kImplausibleShare = 1.05;

/// What a case counts as, and why it is not measured if it is not.
struct Standing {
  CaseStatus status = CaseStatus::kSkipped;
  Reason reason;
};

/// A case that says it was measured counts as measured only if it holds the evidence: samples of
/// its compute stage that took time, kernels with calls, and outputs that were checked, of which
/// none is wrong (else it counts as failed). Every other case counts as what it says.
Standing standing_of(const CaseResult& result);

/// Whether this stage has samples, and they took time.
bool has_samples(const CaseResult& result, const std::string& stage);

/// Whether the case is faster than this machine can be.
bool is_implausible(const CaseResult& result);

/// How much faster, in words.
Reason implausible(const CaseResult& result);

}  // namespace bitgate

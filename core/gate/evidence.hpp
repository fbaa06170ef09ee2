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

/// Beyond this share of the time that its threads asked for, a case was disturbed: its samples say
/// what it took at most, and no more.
inline constexpr double kMuchDisturbance = 0.05;

bool is_disturbed(const CaseResult& result);
/// The share of the time that the case's threads had; 1 if nothing is known of the rest.
double undisturbed_share(const CaseResult& result);
/// "unfit machine: its threads waited 43% of the time for a core"
std::string disturbed(const CaseResult& result);

/// Whether the machine can be as fast as the case was. Its ceiling was sampled on the same machine,
/// so on a disturbed one it may be higher than was seen: then more than the ceiling is doubtful
/// until not even that explains it.
enum class Plausibility { kPlausible, kDoubtful, kImpossible };
Plausibility plausibility(const CaseResult& result);

/// How much faster than possible, in words.
Reason implausible(const CaseResult& result);
/// The same where it is doubtful.
std::string doubtful(const CaseResult& result);

}  // namespace bitgate

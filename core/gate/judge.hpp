// From measurements to a verdict: pure functions of what the receipt holds.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "gate/routes.hpp"
#include "gate/rule.hpp"
#include "receipt/receipt.hpp"

namespace bitgate {

/// Judges every rule over the cases of the run, one for each that was planned. A gate passes only
/// if at least one case was judged, no case fails, and every case that it covers was measured (see
/// evidence.hpp) with a value surely within the requirement (three_way.hpp); the required gates
/// together share one chance of a false fail. What is neither surely within nor surely beyond is
/// inconclusive, and then so is the gate, unless another case fails. Two kinds of case may be
/// missing, and the gate lists them: those whose feature is off, and any but one where the rule
/// says on_missing: skip.
/// Times of two arms are compared by the rounds that they ran in turns, and by nothing else: one of
/// the comparisons for each pair.
/// A run that may be tried again looks at its gates several times, and each look spends a part of
/// the chances of an error (share_of_look): `attempts` says which look this is.
std::vector<GateResult> judge(std::span<const Rule> rules, std::span<const CaseResult> cases,
                              std::span<const Comparison> comparisons,
                              const Attempts& attempts = {});

/// All gates together. In order of precedence: interrupted (exit 4); a failed required gate or a
/// case whose output disagrees with the oracle, in its own run or in a comparison (1); a case,
/// comparison or plugin that ended in an error (4);
/// nothing measured (5); a required gate inconclusive, or a speed that only a disturbed machine
/// makes possible (3); a required gate not judged (5); else pass (0).
Verdict conclude(std::span<const GateResult> gates, std::span<const CaseResult> cases,
                 std::span<const Comparison> comparisons, bool interrupted, const Routes& routes);

}  // namespace bitgate

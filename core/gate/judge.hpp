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
/// evidence.hpp) with a value within the requirement. Two kinds of case may be missing, and the
/// gate lists them: those whose feature is off, and any but one where the rule says on_missing:
/// skip.
std::vector<GateResult> judge(std::span<const Rule> rules, std::span<const CaseResult> cases);

/// All gates together. In order of precedence: interrupted (exit 4); a failed required gate or a
/// case whose output disagrees with the oracle (1); a case or plugin that ended in an error (4);
/// nothing measured (5); a required gate inconclusive (3) or not judged (5); else pass (0).
Verdict conclude(std::span<const GateResult> gates, std::span<const CaseResult> cases,
                 bool interrupted, const Routes& routes);

}  // namespace bitgate

// Tolerances that no correct implementation can meet: a mistake of the pipeline, not of a backend.
#pragma once

#include <string>

#include "gate/rule.hpp"
#include "pipeline/pipeline.hpp"

namespace bitgate {

/// Why the best that can be done with the weights of one of these suites misses a rule that judges
/// values, and what would be feasible. Empty if none does.
std::string why_infeasible(const Rule& rule, const Pipeline& pipeline);

}  // namespace bitgate

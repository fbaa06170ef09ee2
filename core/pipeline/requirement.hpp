// The `require` of a gate: "<= 1e-6", ">= 1.5x", "<= +5%", "2x..10x", ">= 50%", "<= 250us".
#pragma once

#include <string>
#include <string_view>

#include "gate/rule.hpp"
#include "receipt/metrics.hpp"

namespace bitgate {

/// What came of reading a requirement: `error` is empty, or a sentence that ends with the fix.
struct ParsedRequirement {
  Requirement requirement;
  std::string error;
};

/// Reads a requirement for a metric. `compared`: whether the gate has `against`.
ParsedRequirement parse_requirement(std::string_view text, const MetricInfo& metric, bool compared);

}  // namespace bitgate

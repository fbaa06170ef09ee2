// The guard of a flow: a pipeline that belongs to one flow does nothing in another.
#pragma once

#include <string>

namespace bitgate {

struct FlowGuard {
  std::string env;              ///< name of an environment variable
  std::string equals;           ///< what it holds where the pipeline belongs
  bool run_when_unset = false;  ///< what it means that the variable is not set, or empty
};

struct GuardDecision {
  bool run = false;
  std::string why;  ///< for people: "CURRENT_FLOW is 'review', not 'generative'"
};

/// `value`: what the variable holds; null if it is not set.
GuardDecision decide(const FlowGuard& guard, const char* value);

/// "generative:gate:guard" of "generative:gate:benchmarks".
std::string guard_id(const std::string& gate);

}  // namespace bitgate

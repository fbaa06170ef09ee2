#include "pipeline/guard.hpp"

#include <string_view>

#include <fmt/format.h>

#include "pipeline/diagnostics.hpp"

namespace bitgate {

GuardDecision decide(const FlowGuard& guard, const char* value) {
  const std::string_view held = value == nullptr ? "" : value;
  if (held.empty()) {
    return {guard.run_when_unset, fmt::format("{} is not set, and flow.guard.when_unset is {}",
                                              guard.env, guard.run_when_unset ? "run" : "skip")};
  }
  if (held == guard.equals) return {true, fmt::format("{} is '{}'", guard.env, guard.equals)};
  return {false, fmt::format("{} is {}, not '{}'", guard.env, in_quotes(held), guard.equals)};
}

std::string guard_id(const std::string& gate) {
  return gate.substr(0, gate.find(':')) + ":gate:guard";
}

}  // namespace bitgate

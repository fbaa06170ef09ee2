// `flow` and `routes`: when a pipeline runs, and where its verdict sends the change.
#include <algorithm>

#include <fmt/format.h>

#include "pipeline/reader_parts.hpp"

namespace bitgate {
namespace {

constexpr const char* kGuard = "{env: CURRENT_FLOW, equals: generative, when_unset: skip}";

bool is_variable(const std::string& name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !(name.front() >= '0' && name.front() <= '9') &&
         std::all_of(name.begin(), name.end(), fits);
}

}  // namespace

std::optional<FlowGuard> read_flow(const Value& value) {
  if (!value.is_map("{guard: {env: CURRENT_FLOW, …}}")) return std::nullopt;
  value.only_keys({"guard"});
  const auto given = value.require("guard", kGuard);
  if (!given || !given->is_map(kGuard)) return std::nullopt;
  given->only_keys({"env", "equals", "when_unset"});
  FlowGuard guard;
  if (const auto env = given->require("env", "CURRENT_FLOW")) {
    guard.env = env->text("the name of an environment variable, e.g. CURRENT_FLOW").value_or("");
    if (!guard.env.empty() && !is_variable(guard.env)) {
      env->error(
          fmt::format("must be the name of an environment variable, e.g. CURRENT_FLOW, not {}",
                      in_quotes(guard.env)));
    }
  }
  if (const auto equals = given->require("equals", "generative")) {
    guard.equals = equals->text("the flow's name, e.g. generative").value_or("");
  }
  if (const auto unset = given->require("when_unset", "skip")) {
    guard.run_when_unset = unset->word({"run", "skip"}) == "run";
  }
  return guard;
}

Routes read_routes(const Value& value, Routes routes) {
  if (!value.is_map("{pass: \"FINALIZE → quality-finalizer\"}")) return routes;
  value.only_keys({"pass", "fail", "retry", "accuracy", "speed", "tooling"});
  const auto read = [&](const char* key, std::string& out) {
    if (const auto route = value.get(key)) {
      out = route->text("a route, e.g. \"NEXT → code-refiner\"").value_or(out);
    }
  };
  read("pass", routes.pass);
  read("fail", routes.fail);
  read("retry", routes.retry);
  read("accuracy", routes.accuracy);
  read("speed", routes.speed);
  read("tooling", routes.tooling);
  return routes;
}

}  // namespace bitgate

#include "pipeline/targets.hpp"

#include <algorithm>
#include <map>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "base/file.hpp"
#include "pipeline/feasible.hpp"
#include "pipeline/node.hpp"
#include "pipeline/reader_parts.hpp"
#include "pipeline/reading.hpp"
#include "pipeline/requirement.hpp"
#include "receipt/metrics.hpp"

namespace bitgate {
namespace {

constexpr std::uint64_t kMostBytes = 1U << 20;
constexpr const char* kExample =
    "{real-time: {metric: decode.rate, direction: higher, value: 7tokens/s, source: …}}";

struct Target {
  Value place;
  const MetricInfo* metric;
  std::string require;  ///< ">= 7tokens/s"
};

/// The direction is the metric's: who writes it down has understood which way the number is meant.
std::optional<Direction> read_direction(const Value& value, const MetricInfo* metric) {
  const auto given = value.require("direction", "higher");
  const auto word = given ? given->word({"higher", "lower"}) : std::nullopt;
  if (!word || metric == nullptr) return std::nullopt;
  const auto direction = word == "higher" ? Direction::kHigher : Direction::kLower;
  if (direction == metric->direction) return direction;
  const char* better = metric->direction == Direction::kHigher ? "higher" : "lower";
  given->error(fmt::format("of {} the {} is better; write {}", metric->name, better, better));
  return std::nullopt;
}

std::optional<Target> read_target(const Value& value) {
  if (!value.is_map("{metric: decode.rate, direction: higher, value: 7tokens/s, source: …}")) {
    return std::nullopt;
  }
  value.only_keys({"metric", "direction", "value", "for", "source"});
  const MetricInfo* metric = read_metric(value, "decode.rate");
  const auto direction = read_direction(value, metric);
  if (const auto source = value.require("source", "\"where the number is published\"")) {
    static_cast<void>(source->text("where the number is published"));
  }
  if (const auto conditions = value.get("for")) {
    static_cast<void>(conditions->text("what the number is meant for"));
  }
  const auto given = value.require("value", "7tokens/s");
  const auto amount = given ? given->text("an amount with its unit, e.g. 7tokens/s") : std::nullopt;
  if (!amount || !direction) return std::nullopt;
  const std::string require = (direction == Direction::kHigher ? ">= " : "<= ") + *amount;
  const bool compares =
      amount->ends_with('x') || amount->starts_with('+') || amount->starts_with('-');
  const ParsedRequirement parsed = parse_requirement(require, *metric, compares);
  if (parsed.error.empty()) return Target{value, metric, require};
  given->error(parsed.error);
  return std::nullopt;
}

std::map<std::string, Target> read_file_of(const Value& root) {
  std::map<std::string, Target> targets;
  if (!root.is_map("{version: 1, targets: {…}}")) return targets;
  root.only_keys({"version", "targets"});
  if (const auto version = root.require("version", "1")) {
    static_cast<void>(version->integer(1, 1));
  }
  const auto list = root.require("targets", kExample);
  if (!list || !list->is_map(kExample)) return targets;
  for (const auto& [entry, value] : list->entries()) {
    check_key(value, entry->key);
    if (auto target = read_target(value)) targets.emplace(entry->key, std::move(*target));
  }
  return targets;
}

/// Makes the target what the rule requires; says at the target why it can't be.
void require_target(const Target& target, const Pipeline& pipeline, Rule& rule) {
  const auto refuse = [&](const std::string& why) {
    target.place.error(fmt::format("gate {}: {}", in_quotes(rule.id), why));
  };
  if (rule.metric != target.metric->name) {
    return refuse(fmt::format("is over {}, this target over {}; name another target or metric",
                              rule.metric, target.metric->name));
  }
  ParsedRequirement parsed =
      parse_requirement(target.require, *target.metric, !rule.against.empty());
  if (!parsed.error.empty()) return refuse(parsed.error);
  rule.require = std::move(parsed.requirement);
  rule.require.text += fmt::format(" (target {})", rule.target);
  rule.missing_target.clear();
  if (const std::string why = why_infeasible(rule, pipeline); !why.empty()) refuse(why);
}

}  // namespace

bool wants_targets(const Pipeline& pipeline) {
  return std::any_of(pipeline.gates.begin(), pipeline.gates.end(),
                     [](const Rule& rule) { return !rule.target.empty(); });
}

void apply_targets(std::optional<std::string_view> text, Pipeline& pipeline) {
  const std::string file = pipeline.targets.filename().string();
  pipeline.targets_text = text;
  if (!text) {
    for (Rule& rule : pipeline.gates) {
      if (rule.target.empty()) continue;
      rule.missing_target =
          file.empty() ? "the pipeline names no file of `targets`" : file + " is not there";
    }
    return;
  }
  const Node node = parse_yaml(*text, pipeline.targets.string());
  Reading reading(pipeline.targets.string());
  const std::map<std::string, Target> targets = read_file_of(Value(reading, node, ""));
  reading.finish();
  std::vector<std::string> names;
  for (const auto& [name, target] : targets) names.push_back(name);
  for (Rule& rule : pipeline.gates) {
    if (rule.target.empty()) continue;
    const auto found = targets.find(rule.target);
    if (found != targets.end()) {
      require_target(found->second, pipeline, rule);
    } else {
      rule.missing_target = fmt::format("{} has no target {}{}", file, in_quotes(rule.target),
                                        instead_of(rule.target, names, "write it there"));
    }
  }
  reading.finish();
}

void read_targets(Pipeline& pipeline) {
  if (!wants_targets(pipeline)) return;
  if (pipeline.targets.empty()) return apply_targets(std::nullopt, pipeline);
  std::string text;
  try {
    text = read_file(pipeline.targets, kMostBytes);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::no_such_file_or_directory) {
      return apply_targets(std::nullopt, pipeline);
    }
    throw ConfigError({{pipeline.targets.string(), 0, 0, "",
                        fmt::format("can't be read: {}; check the file", error.code().message())}});
  }
  apply_targets(text, pipeline);
}

}  // namespace bitgate

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "pipeline/case_space.hpp"
#include "pipeline/feasible.hpp"
#include "pipeline/reader_parts.hpp"
#include "pipeline/requirement.hpp"
#include "receipt/metrics.hpp"

namespace bitgate {
namespace {

const std::vector<std::string> kSelectors = {"suite", "backend", "shape", "format",
                                             "batch", "threads", "cache", "benchmark"};

class GateReader {
 public:
  GateReader(const Pipeline& pipeline, bool axes_replaced, bool suites_are_good)
      : pipeline_(pipeline),
        space_(pipeline.suites),
        axes_replaced_(axes_replaced),
        suites_are_good_(suites_are_good) {}

  std::optional<Rule> read(const Value& value) {
    if (!value.is_map("{id: exact, metric: output.mismatches, require: \"== 0\"}")) {
      return std::nullopt;
    }
    value.only_keys(
        {"id", "metric", "where", "against", "require", "required", "on_missing", "fallback"});
    Rule rule;
    read_id(value, rule);
    const MetricInfo* metric = read_metric(value, "compute.time");
    if (metric != nullptr) rule.metric = metric->name;
    const auto against = value.get("against");
    read_arms(value, against, rule);
    if (const auto require = value.require("require", "\"<= 250us\"")) {
      read_requirement(*require, metric, against.has_value(), rule);
      if (const std::string why = why_infeasible(rule, pipeline_); !why.empty()) {
        require->error(why);
      }
    }
    if (const auto required = value.get("required")) {
      rule.required = required->boolean().value_or(true);
    }
    if (const auto missing = value.get("on_missing")) {
      const auto word = missing->word({"skip", "fail"});
      rule.on_missing = word == "skip" ? OnMissing::kSkip : OnMissing::kFail;
    }
    if (const auto fallback = value.get("fallback")) {
      rule.no_fallback = fallback->word({"none"}).has_value();
    }
    return rule;
  }

 private:
  void read_id(const Value& value, Rule& rule) {
    const auto id = value.require("id", "exact");
    if (!id) return;
    rule.id = read_name(*id).value_or("");
    if (!rule.id.empty() && !ids_.insert(rule.id).second) {
      id->error(fmt::format("gate {} is there twice; rename one", in_quotes(rule.id)));
    }
  }

  void read_arms(const Value& value, const std::optional<Value>& against, Rule& rule) const {
    const auto where = value.get("where");
    bool known = suites_are_good_;
    if (where) known = read_selectors(*where, rule.where) && known;
    if (against) known = read_selectors(*against, rule.against) && known;
    if (against && against->node().kind == Node::Kind::kMap && against->node().entries.empty()) {
      against->error("names nothing to compare with; write e.g. {backend: scalar}");
      return;
    }
    // Values that are wrong by themselves are reported already, and changed axes may lack any
    // value. Without a case nothing will be measured, and the run says so.
    if (!known || axes_replaced_ || space_.empty()) return;
    if (where && !space_.has(rule.where)) {
      where->error("no case has all of these at once; change one or take it out");
    } else if (against && !space_.has_pair(rule.where, rule.against)) {
      against->error(
          "no case has such another arm: a different case of the pipeline that is the "
          "same but for these values; change one");
    }
  }

  /// Whether every value is one that some case has.
  bool read_selectors(const Value& value, Selectors& out) const {
    if (!value.is_map("{backend: scalar}")) return false;
    value.only_keys(kSelectors);
    bool good = true;
    for (const auto& [entry, wanted] : value.entries()) {
      const bool is_selector =
          std::find(kSelectors.begin(), kSelectors.end(), entry->key) != kSelectors.end();
      if (!is_selector || wanted.node().kind == Node::Kind::kNull) {
        good = false;
        continue;
      }
      const std::optional<std::string> text = read_selector(entry->key, wanted);
      if (text) out[entry->key] = *text;
      good = text && is_possible(entry->key, *text, wanted) && good;
    }
    return good;
  }

  static std::optional<std::string> read_selector(const std::string& key, const Value& value) {
    const bool is_word = value.node().kind == Node::Kind::kScalar && value.node().scalar == "all";
    if (key != "batch" && (key != "threads" || is_word)) return value.text("one value of " + key);
    const auto number = value.integer(1, UINT32_MAX);
    return number ? std::optional(std::to_string(*number)) : std::nullopt;
  }

  bool is_possible(const std::string& key, const std::string& text, const Value& value) const {
    const bool is_name = key == "suite" || key == "backend";
    if (!suites_are_good_ || space_.empty() || (axes_replaced_ && !is_name)) return true;
    if (space_.has({{key, text}})) return true;
    value.error(fmt::format("no case has {} {}{}", key, in_quotes(text),
                            instead_of(text, space_.values(key), "")));
    return false;
  }

  static void read_requirement(const Value& value, const MetricInfo* metric, bool compared,
                               Rule& rule) {
    if (value.node().kind == Node::Kind::kMap) return read_target(value, rule);
    const auto text = value.text("a requirement, e.g. \"<= 250us\"");
    if (!text || metric == nullptr) return;
    ParsedRequirement parsed = parse_requirement(*text, *metric, compared);
    if (!parsed.error.empty()) value.error(parsed.error);
    rule.require = std::move(parsed.requirement);
  }

  /// What it requires, targets.hpp finds out.
  static void read_target(const Value& value, Rule& rule) {
    value.only_keys({"target"});
    const auto target = value.require("target", "real-time");
    const auto name = target ? read_name(*target) : std::nullopt;
    if (!name) return;
    rule.target = *name;
    rule.require.text = "target " + *name;
    rule.missing_target = "no targets were read";
  }

  const Pipeline& pipeline_;
  CaseSpace space_;
  bool axes_replaced_;
  bool suites_are_good_;
  std::set<std::string> ids_;
};

}  // namespace

const MetricInfo* read_metric(const Value& owner, const char* example) {
  const auto metric = owner.require("metric", example);
  const auto name =
      metric ? metric->text(fmt::format("the name of a metric, e.g. {}", example)) : std::nullopt;
  if (!name) return nullptr;
  const MetricInfo* info = find_metric(*name);
  if (info == nullptr) {
    metric->error(
        fmt::format("no metric {}{}", in_quotes(*name), instead_of(*name, metric_names(), "")));
  }
  return info;
}

std::string read_targets_path(const Value& value) {
  return value.text("the path of a file, e.g. targets.yaml").value_or("");
}

std::vector<Rule> read_gates(const Value& gates, const Pipeline& pipeline, bool axes_replaced) {
  std::vector<Rule> rules;
  if (!gates.is_list("[{id: exact, metric: output.mismatches, require: \"== 0\"}]")) return rules;
  if (gates.node().items.empty()) {
    gates.error(
        "is empty: without a gate there is no verdict; write at least one, e.g. "
        "{id: exact, metric: output.mismatches, require: \"== 0\"}");
  }
  // After a mistake in the suites it is unknown which cases there are.
  GateReader reader(pipeline, axes_replaced, gates.clean());
  for (const Value& value : gates.items()) {
    if (std::optional<Rule> rule = reader.read(value)) rules.push_back(std::move(*rule));
  }
  return rules;
}

}  // namespace bitgate

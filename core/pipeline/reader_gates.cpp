#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "pipeline/expand.hpp"
#include "pipeline/reader_parts.hpp"
#include "pipeline/requirement.hpp"
#include "receipt/metrics.hpp"

namespace bitgate {
namespace {

const std::vector<std::string> kSelectors = {"suite",   "backend", "shape", "format",
                                             "batch",   "threads", "cache"};

/// Every value that "suite", "backend" or an axis takes somewhere in the pipeline, in order.
std::vector<std::string> values_of(const Pipeline& pipeline, const std::string& key) {
  std::vector<std::string> values;
  const auto add = [&](std::string value) {
    if (std::find(values.begin(), values.end(), value) == values.end()) {
      values.push_back(std::move(value));
    }
  };
  for (const SuiteSpec& suite : pipeline.suites) {
    if (key == "suite") add(suite.name);
    if (key == "backend") std::for_each(suite.backends.begin(), suite.backends.end(), add);
    if (key == "format") std::for_each(suite.format.begin(), suite.format.end(), add);
    if (key == "shape") {
      for (const Shape& shape : suite.shape) add(fmt::format("{}x{}", shape.rows, shape.cols));
    }
    if (key == "batch") {
      for (const std::uint64_t batch : suite.batch) add(std::to_string(batch));
    }
    if (key == "threads") {
      for (const unsigned count : suite.threads) add(count == 0 ? "all" : std::to_string(count));
    }
    if (key == "cache") {
      for (const Cache cache : suite.cache) add(cache == Cache::kCold ? "cold" : "hot");
    }
  }
  return values;
}

class GateReader {
 public:
  GateReader(const Pipeline& pipeline, bool axes_replaced)
      : pipeline_(pipeline), axes_replaced_(axes_replaced) {}

  std::optional<Rule> read(const Value& value) {
    if (!value.is_map("{id: exact, metric: output.mismatches, require: \"== 0\"}")) {
      return std::nullopt;
    }
    value.only_keys({"id", "metric", "where", "against", "require", "required", "on_missing"});
    Rule rule;
    read_id(value, rule);
    const MetricInfo* metric = read_metric(value, rule);
    if (const auto where = value.get("where")) rule.where = read_selectors(*where);
    const auto against = value.get("against");
    if (against) rule.against = read_selectors(*against);
    if (against && rule.against.empty() && against->node().kind == Node::Kind::kMap) {
      against->error("names nothing to compare with; write e.g. {backend: scalar}");
    }
    if (const auto require = value.require("require", "\"<= 250us\"")) {
      read_requirement(*require, metric, against.has_value(), rule);
    }
    if (const auto required = value.get("required")) {
      rule.required = required->boolean().value_or(true);
    }
    if (const auto missing = value.get("on_missing")) {
      const auto word = missing->word({"skip", "fail"});
      rule.on_missing = word == "skip" ? OnMissing::kSkip : OnMissing::kFail;
    }
    return rule;
  }

 private:
  void read_id(const Value& value, Rule& rule) {
    const auto id = value.require("id", "exact");
    if (!id) return;
    rule.id = read_name(*id).value_or("");
    if (!rule.id.empty() && !ids_.insert(rule.id).second) {
      id->error(fmt::format("gate '{}' is there twice; rename one", rule.id));
    }
  }

  static const MetricInfo* read_metric(const Value& value, Rule& rule) {
    const auto metric = value.require("metric", "compute.time");
    const auto name = metric ? metric->text("the name of a metric, e.g. compute.time") : std::nullopt;
    if (!name) return nullptr;
    rule.metric = *name;
    const MetricInfo* info = find_metric(*name);
    if (info == nullptr) {
      const std::vector<std::string> known = metric_names();
      const std::string guess = did_you_mean(*name, known);
      std::string listed;
      for (const std::string& one : known) listed += (listed.empty() ? "" : ", ") + one;
      metric->error(fmt::format("no metric '{}'{}", *name,
                                guess.empty() ? "; there are " + listed : guess));
    }
    return info;
  }

  std::map<std::string, std::string> read_selectors(const Value& value) const {
    std::map<std::string, std::string> out;
    if (!value.is_map("{backend: scalar}")) return out;
    value.only_keys(kSelectors);
    for (const auto& [entry, wanted] : value.entries()) {
      if (wanted.node().kind == Node::Kind::kNull) continue;
      const auto text = wanted.text("one value");
      if (!text) continue;
      out[entry->key] = *text;
      const bool name = entry->key == "suite" || entry->key == "backend";
      const std::vector<std::string> possible = values_of(pipeline_, entry->key);
      // After a change on the command line an axis may lack the value: then nothing is covered.
      if ((axes_replaced_ && !name) || possible.empty()) continue;
      if (std::find(possible.begin(), possible.end(), *text) != possible.end()) continue;
      std::string listed;
      for (const std::string& one : possible) listed += (listed.empty() ? "" : ", ") + one;
      wanted.error(fmt::format("no case has {} '{}'{}", entry->key, *text, "; there are " + listed));
    }
    return out;
  }

  static void read_requirement(const Value& value, const MetricInfo* metric, bool compared,
                               Rule& rule) {
    const auto text = value.text("a requirement, e.g. \"<= 250us\"");
    if (!text || metric == nullptr) return;
    ParsedRequirement parsed = parse_requirement(*text, *metric, compared);
    if (!parsed.error.empty()) value.error(parsed.error);
    rule.require = std::move(parsed.requirement);
  }

  const Pipeline& pipeline_;
  bool axes_replaced_;
  std::set<std::string> ids_;
};

}  // namespace

std::vector<Rule> read_gates(const Value& gates, const Pipeline& pipeline, bool axes_replaced) {
  std::vector<Rule> rules;
  if (!gates.is_list("[{id: exact, metric: output.mismatches, require: \"== 0\"}]")) return rules;
  if (gates.node().items.empty()) {
    gates.error("is empty: without a gate there is no verdict; write at least one, e.g. "
                "{id: exact, metric: output.mismatches, require: \"== 0\"}");
  }
  GateReader reader(pipeline, axes_replaced);
  for (const Value& value : gates.items()) {
    if (std::optional<Rule> rule = reader.read(value)) rules.push_back(std::move(*rule));
  }
  return rules;
}

}  // namespace bitgate

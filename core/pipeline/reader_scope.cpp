// `scope` and `context`: what is on only for some changes, and how the change's issue is found.
#include <algorithm>

#include <fmt/format.h>

#include "pipeline/reader_parts.hpp"

namespace bitgate {
namespace {

constexpr const char* kRule = "{changed: [\"plugins/cuda/*\"], features: [gpu]}";
constexpr const char* kIssue = "{issue}";

std::vector<std::string> read_patterns(const Value& rule, const char* key) {
  std::vector<std::string> patterns;
  const auto list = rule.get(key);
  if (!list) return patterns;
  for (const Value& item : list->different_items()) {
    const auto text = item.text("a pattern, e.g. \"plugins/cuda/*\"");
    if (text && text->empty()) item.error("must not be empty; remove it");
    if (text) patterns.push_back(*text);
  }
  if (patterns.empty() && list->clean()) {
    list->error("an empty list matches nothing; write what it is to match, or remove the key");
  }
  return patterns;
}

/// What a rule switches on: names of those that are known.
std::vector<std::string> read_switched(const Value& rule, const char* key,
                                       const std::vector<std::string>& known, const char* kind,
                                       const std::string& if_none) {
  std::vector<std::string> names;
  const auto list = rule.get(key);
  if (!list) return names;
  for (const Value& item : list->different_items()) {
    const auto name = read_name(item);
    if (!name) continue;
    if (std::find(known.begin(), known.end(), *name) == known.end()) {
      item.error(
          fmt::format("no {} {}{}", kind, in_quotes(*name), instead_of(*name, known, if_none)));
    } else {
      names.push_back(*name);
    }
  }
  return names;
}

}  // namespace

std::vector<ScopeRule> read_scope(const Value& value, const Pipeline& pipeline) {
  std::vector<ScopeRule> rules;
  if (!value.is_list("[{changed: [\"plugins/cuda/*\"], features: [gpu]}]")) return rules;
  std::vector<std::string> features;
  for (const BackendSpec& backend : pipeline.backends) {
    const bool is_new =
        std::find(features.begin(), features.end(), backend.feature) == features.end();
    if (!backend.feature.empty() && is_new) features.push_back(backend.feature);
  }
  std::vector<std::string> suites;
  for (const SuiteSpec& suite : pipeline.suites) suites.push_back(suite.name);
  for (const Value& item : value.items()) {
    if (!item.is_map(kRule)) continue;
    item.only_keys({"changed", "labels", "branches", "features", "suites"});
    ScopeRule rule;
    rule.changed = read_patterns(item, "changed");
    rule.labels = read_patterns(item, "labels");
    rule.branches = read_patterns(item, "branches");
    rule.features = read_switched(item, "features", features, "backend has the feature",
                                  "give a backend a feature, e.g. feature: gpu");
    rule.suites = read_switched(item, "suites", suites, "suite", "write it under 'suites'");
    for (const std::string& name : rule.features) {
      const std::vector<std::string>& on = pipeline.features;
      if (std::find(on.begin(), on.end(), name) != on.end()) {
        item.error(
            fmt::format("the feature {} is always on by `features`; remove it from one of them",
                        in_quotes(name)));
      }
    }
    if (item.clean() && rule.features.empty() && rule.suites.empty()) {
      item.error("switches nothing on; add features or suites");
    }
    if (item.clean() && rule.changed.empty() && rule.labels.empty() && rule.branches.empty()) {
      item.error("asks nothing; add changed, labels or branches");
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::vector<std::string> read_issue_branches(const Value& value) {
  std::vector<std::string> patterns;
  if (!value.is_map("{issue_branches: [\"feat/{issue}-*\"]}")) return patterns;
  value.only_keys({"issue_branches"});
  const auto list = value.require("issue_branches", "[\"feat/{issue}-*\"]");
  if (!list) return patterns;
  for (const Value& item : list->different_items()) {
    const auto text = item.text("a name of branches, e.g. \"feat/{issue}-*\"");
    if (!text) continue;
    const std::size_t at = text->find(kIssue);
    if (at == std::string::npos || text->find(kIssue, at + 1) != std::string::npos) {
      item.error(fmt::format("must say {} once, where the number stands, e.g. \"feat/{{issue}}-*\"",
                             kIssue));
    } else {
      patterns.push_back(*text);
    }
  }
  return patterns;
}

}  // namespace bitgate

#include "pipeline/scope.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "pipeline/diagnostics.hpp"
#include "pipeline/pipeline.hpp"

namespace bitgate {
namespace {

/// Whether a rule applies, and why it doesn't.
struct Finding {
  std::optional<bool> applies;  ///< nothing: it can't be told
  std::string why;
};

/// Of one thing that a rule asks: that a value of this fact matches one of the patterns.
Finding ask(const Fact& fact, const char* what, const std::vector<std::string>& patterns) {
  if (patterns.empty()) return {true, ""};
  const std::string wanted = fmt::format("{}", fmt::join(patterns, " or "));
  if (!fact.known()) {
    return {{}, fmt::format("whether a {} matches {} is not known: {}", what, wanted, fact.reason)};
  }
  for (const std::string& value : *fact.values) {
    for (const std::string& pattern : patterns) {
      if (wildcard_matches(pattern, value)) return {true, ""};
    }
  }
  const std::size_t count = fact.values->size();
  return {false, fmt::format("no {} matches {}: {}", what, wanted,
                             count == 0   ? "there is none"
                             : count == 1 ? "it is " + in_quotes(fact.text())
                                          : fmt::format("{} don't", count))};
}

/// A rule that asks what does not hold does not apply, whatever else is not known.
Finding find(const ScopeRule& rule, const Context& context) {
  Finding out{true, ""};
  for (const Finding& one : {ask(context["changed"], "changed path", rule.changed),
                             ask(context["labels"], "label", rule.labels),
                             ask(context["branch"], "branch", rule.branches)}) {
    if (one.applies == false) return one;
    if (!one.applies && out.applies) out = one;
  }
  return out;
}

/// Puts what a rule names where it belongs: among the things that are on, or off with the reason of
/// the first rule; that it can't be told counts more than that it is so.
void note(const std::string& name, const Finding& finding, std::vector<std::string>& on,
          std::map<std::string, Reason>& off) {
  if (std::find(on.begin(), on.end(), name) != on.end()) return;
  if (finding.applies == true) {
    on.push_back(name);
    off.erase(name);
    return;
  }
  const Reason why{finding.applies ? reason::kOutOfScope : reason::kMissingContext, finding.why};
  const auto [known, is_new] = off.emplace(name, why);
  if (!is_new && known->second.code == reason::kOutOfScope && !finding.applies) known->second = why;
}

}  // namespace

std::vector<std::string> usual_issue_branches() {
  return {"issue-{issue}",    "issue-{issue}-*",   "issue/{issue}",    "issue/{issue}-*",
          "feat/{issue}-*",   "feature/{issue}-*", "fix/{issue}-*",    "bugfix/{issue}-*",
          "hotfix/{issue}-*", "*/issue-{issue}",   "*/issue-{issue}-*"};
}

void apply_scope(Context& context, Pipeline& pipeline) {
  std::vector<std::string> suites;
  pipeline.out_of_scope = {};
  for (const ScopeRule& rule : pipeline.scope) {
    const Finding finding = find(rule, context);
    for (const std::string& name : rule.features) {
      note(name, finding, pipeline.features, pipeline.out_of_scope.features);
    }
    for (const std::string& name : rule.suites) {
      note(name, finding, suites, pipeline.out_of_scope.suites);
    }
  }
  std::vector<std::string> scope = pipeline.features;
  for (const std::string& name : suites) scope.push_back("suite " + name);
  context["scope"] = {std::move(scope), "pipeline", ""};
}

Reason why_off(const Pipeline& pipeline, const SuiteSpec& suite, const BackendSpec& backend) {
  const std::vector<std::string>& on = pipeline.features;
  const OutOfScope& out = pipeline.out_of_scope;
  const auto about = [](const char* kind, const auto& entry) {
    return Reason{entry.second.code,
                  fmt::format("{} '{}': {}", kind, entry.first, entry.second.detail)};
  };
  if (on.empty()) {
    if (out.features.empty()) return {reason::kFeatureOff, nothing_on(pipeline)};
    const auto unknown =
        std::find_if(out.features.begin(), out.features.end(),
                     [](const auto& one) { return one.second.code == reason::kMissingContext; });
    return about("feature", unknown == out.features.end() ? *out.features.begin() : *unknown);
  }
  if (const auto found = out.suites.find(suite.name); found != out.suites.end()) {
    return about("suite", *found);
  }
  const std::string& feature = backend.feature;
  if (feature.empty() || std::find(on.begin(), on.end(), feature) != on.end()) return {};
  if (const auto found = out.features.find(feature); found != out.features.end()) {
    return about("feature", *found);
  }
  return {reason::kFeatureOff, fmt::format("feature '{}' is not in `features`", feature)};
}

std::string nothing_on(const Pipeline& pipeline) {
  const bool by_scope = std::any_of(pipeline.scope.begin(), pipeline.scope.end(),
                                    [](const ScopeRule& rule) { return !rule.features.empty(); });
  if (by_scope || !pipeline.features.empty()) return "";
  const Position at = pipeline.features_at;
  return Diagnostic{pipeline.file, at.line, at.column, "features",
                    at.line > 0 ? "[] turns nothing on; write features: [cpu], or the ones you mean"
                                : "is not written, which turns nothing on; write features: [cpu], "
                                  "or the ones you mean"}
      .text();
}

}  // namespace bitgate

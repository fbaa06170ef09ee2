#include "cli/context_options.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "run/context.hpp"

namespace bitgate::cli {
namespace {

constexpr const char* kOption = "context";

}  // namespace

void add_context_options(po::options_description& options) {
  options.add_options()(
      kOption, po::value<std::vector<std::string>>()->composing()->value_name("FACT=VALUE"),
      "what this is about, where neither the event nor git says it: repository, "
      "commit, branch, base, pull_request, issue, labels=A,B, changed=PATH,PATH "
      "(repeatable)");
}

Context context_here(const po::variables_map& values, const Pipeline& pipeline) {
  ContextSources sources;
  sources.issue_branches = pipeline.issue_branches;
  sources.wants_changes = std::any_of(pipeline.scope.begin(), pipeline.scope.end(),
                                      [](const ScopeRule& rule) { return !rule.changed.empty(); });
  if (values.count(kOption) != 0) {
    for (const std::string& text : values[kOption].as<std::vector<std::string>>()) {
      const std::size_t equals = text.find('=');
      if (equals == 0 || equals == std::string::npos) {
        throw UsageError(
            fmt::format("--context {}: write --context fact=value, e.g. --context "
                        "issue=45",
                        text));
      }
      if (!sources.given.emplace(text.substr(0, equals), text.substr(equals + 1)).second) {
        throw UsageError(fmt::format("--context {}: is given twice", text.substr(0, equals)));
      }
    }
  }
  try {
    return find_context(sources);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

}  // namespace bitgate::cli

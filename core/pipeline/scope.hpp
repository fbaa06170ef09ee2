// The scope of a pipeline: features and suites that are on only for some changes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "receipt/receipt.hpp"

namespace bitgate {

struct Pipeline;
struct SuiteSpec;
struct BackendSpec;

/// Switches on what it names where all that it asks holds. Patterns have * (any text, also across
/// slashes) and ? (any character).
struct ScopeRule {
  std::vector<std::string> changed;   ///< a changed path matches one of these; empty: not asked
  std::vector<std::string> labels;    ///< the pull request has one of these; empty: not asked
  std::vector<std::string> branches;  ///< the branch matches one of these; empty: not asked
  std::vector<std::string> features;
  std::vector<std::string> suites;
};

/// What rules could switch on and none did, with why: out-of-scope, or missing-context where it
/// can't be told.
struct OutOfScope {
  std::map<std::string, Reason> features;
  std::map<std::string, Reason> suites;
};

/// Names of branches with {issue} where the number of an issue stands, of a pipeline that has none
/// of its own.
std::vector<std::string> usual_issue_branches();

/// Puts the features that the rules switch on to the pipeline's, notes what is out of scope, and
/// makes what is on the context's `scope`.
void apply_scope(Context& context, Pipeline& pipeline);

/// Why this suite is not run on this backend; empty if it is. Where no feature is on nothing runs,
/// not even a backend that needs none: what is measured is always somebody's choice.
Reason why_off(const Pipeline& pipeline, const SuiteSpec& suite, const BackendSpec& backend);

/// Where `features` is written and what to write there, if no feature can be on: "gate.yaml:5:11:
/// features: …". Empty if one can.
std::string nothing_on(const Pipeline& pipeline);

}  // namespace bitgate

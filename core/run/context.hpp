// Finding out what a run is about.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "receipt/context.hpp"

namespace bitgate {

struct ContextSources {
  std::map<std::string, std::string> given;  ///< on the command line: fact to text
  std::vector<std::string> issue_branches;   ///< names of branches with {issue} for a number
  bool wants_changes = false;                ///< whether anybody asks for the changed paths
};

/// Each fact from the first of its sources that has it: the command line, the event and the
/// variables of GitHub Actions, git in the current directory, and for the issue the branch's name,
/// what the pull request closes and its labels. An event that can't be read is not worked around:
/// what it should say is not known. Throws std::invalid_argument, with what to write, if the
/// command line's is of no such fact or can't be one.
Context find_context(const ContextSources& sources);

/// The number of the issue in a text that one of the patterns matches, "45" of "feat/45-i2s" by
/// "feat/{issue}-*"; empty if none does, or they find different ones.
std::string issue_in(const std::string& text, const std::vector<std::string>& patterns);

/// The issues that a pull request's text says it closes, as GitHub reads it: "Fixes #45".
std::vector<std::string> issues_closed_by(const std::string& text);

}  // namespace bitgate

// What is known of the subject, in words.
#pragma once

#include <string>
#include <string_view>

#include "api.hpp"
#include "subject.hpp"

namespace github {

/// "commit 0123456789ab, pull request 7 (event), branch feat/45-i2s (git), issue 45 (branch
/// feat/45-i2s)", escaped. What is not known is said too, but for a pull request, which may still
/// be looked up. `context`: as a plan has it.
std::string context_line(const Json& context, const Subject& subject);

/// The issue that a ledger's text names, "45" of "Issue: #45" outside of its blocks; empty if none
/// is named, or several.
std::string issue_in_ledger(std::string_view comment);

}  // namespace github

// The ledger comment of a pull request on the server.
#pragma once

#include <string>

#include "api.hpp"
#include "ledger.hpp"
#include "result.hpp"
#include "subject.hpp"

namespace github {

/// What is entered for a result.
Entry entry_of(const Result& result, const std::string& run_url);

/// "/repos/o/r/issues/7/comments"
std::string comments_path(const Subject& subject);

/// The pull request of the subject's commit, if it is not named: the one open pull request of which
/// it is the head. Throws Failure.
std::optional<std::uint64_t> find_pull_request(Api& api, const Subject& subject);

/// Brings the ledger up to date, creating it if this author has none on the pull request, and says
/// what was done. What others wrote is no ledger, whatever it holds. Throws Failure, NotEdited.
std::string publish_ledger(Api& api, const Subject& subject, const Entry& entry,
                           const std::string& author);

}  // namespace github

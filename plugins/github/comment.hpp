// The ledger comment of a pull request on the server.
#pragma once

#include <string>
#include <vector>

#include "api.hpp"
#include "ledger.hpp"
#include "result.hpp"
#include "subject.hpp"

namespace github {

/// What is entered for a result. `issue`: the number, if it is known.
Entry entry_of(const Result& result, const std::string& run_url, const std::string& issue);

struct Comment {
  std::uint64_t id = 0;
  std::string body;
};

/// Those of the pull request that this author wrote, oldest first. Throws Failure.
std::vector<Comment> own_comments(Api& api, const Subject& subject, const std::string& author);

/// "/repos/o/r/issues/7/comments"
std::string comments_path(const Subject& subject);
std::string comment_path(const Subject& subject, std::uint64_t id);

/// The pull request of the subject's commit, if it is not named: the one open pull request of which
/// it is the head. Throws Failure.
std::optional<std::uint64_t> find_pull_request(Api& api, const Subject& subject);

struct PublishedLedger {
  std::string done;   ///< "ledger updated"
  std::string issue;  ///< that the ledger names; empty: none
};

/// Brings the ledger up to date, creating it if this author has none on the pull request. What
/// others wrote is no ledger, whatever it holds. Throws Failure, NotEdited.
PublishedLedger publish_ledger(Api& api, const Subject& subject, const Entry& entry,
                               const std::string& author);

}  // namespace github

// What the result is about: repository, commit, pull request. From the options, else from the plan,
// which holds what the program that runs the reporter found out itself; never from the receipt,
// which may come from a fork.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace github {

struct Subject {
  std::string repository;  ///< "owner/name"
  std::string commit;      ///< the pull request's head, never a merge commit
  std::optional<std::uint64_t> pull_request;
  std::string run_url;  ///< page of the workflow's run; empty: none
};

/// `options`: the reporter's. `context`: the plan's. Throws bitgate::Error with what to write if
/// the repository or the commit is not known or a value can't be one.
Subject subject_of(const nlohmann::json& options, const nlohmann::ordered_json& context);

/// Throws bitgate::Error if a receipt says that it is about another commit or pull request than
/// both the subject and the plan. One that says nothing of it may be about any.
void require_subject(const nlohmann::ordered_json& receipt, const nlohmann::ordered_json& context,
                     const Subject& subject);

/// "value", "source" or "reason" of a fact of a context; empty if nothing says it.
std::string part_of_fact(const nlohmann::ordered_json& context, const char* name, const char* part);
/// Its value.
std::string fact_of(const nlohmann::ordered_json& context, const char* name);

/// A whole number above 0, as such or in digits: options of the command line are texts.
std::optional<std::uint64_t> number_of(const nlohmann::json& option);

/// The variable's value; empty if it is not set.
std::string environment(const char* name);

}  // namespace github

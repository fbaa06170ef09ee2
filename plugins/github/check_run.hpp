// The check run, or where those are denied the commit status, of a result.
#pragma once

#include <string>

#include "api.hpp"
#include "result.hpp"
#include "subject.hpp"

namespace github {

/// What the API takes to create the check run. `context`: what is known of the subject.
/// `on_skip` is the conclusion of a skip: "neutral", "failure" or "action_required".
Json check_run_of(const Json& receipt, const Result& result, const Subject& subject,
                  const Json& context, const std::string& on_skip);

std::string check_runs_path(const Subject& subject);

/// Creates the check run, or updates the one that this app made for the same name and commit, and
/// says what was done. One that shows this receipt already is left alone. Throws Failure.
std::string publish_check_run(Api& api, const Subject& subject, const Json& check_run,
                              const std::string& author);

/// Throws Failure.
std::string publish_status(Api& api, const Subject& subject, const Result& result);

}  // namespace github

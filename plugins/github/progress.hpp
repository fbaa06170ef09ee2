// The progress comment of a pull request: what a gate did in words, for people, one comment a gate
// that is edited in place.
#pragma once

#include <string>

#include "api.hpp"
#include "result.hpp"
#include "subject.hpp"

namespace github {

/// The whole comment. It begins with a marker that names the gate, by which it is found again.
/// `context`: what is known of the subject, as a receipt has it.
std::string progress_of(const Json& receipt, const Result& result, const Subject& subject,
                        const Json& context);

/// Creates the comment or brings the oldest of this author and marker up to date, and says what was
/// done. Throws Failure.
std::string publish_progress(Api& api, const Subject& subject, const std::string& body,
                             const std::string& author);

}  // namespace github

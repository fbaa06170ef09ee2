// What of the environment reaches a worker.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bitgate::worker {

/// Whether a variable of this name is handed on: a short list of what libraries and drivers need,
/// and never a name that speaks of a secret. LD_LIBRARY_PATH is on it, since that is how drivers in
/// unusual places are found; LD_PRELOAD and LD_AUDIT are not, since what they bring in would take
/// part in the measurement unseen.
bool reaches_workers(std::string_view name);

/// The "NAME=value" entries of this process that are handed on.
std::vector<std::string> worker_environment();

}  // namespace bitgate::worker

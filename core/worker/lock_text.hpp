// A lock that does not lie in a file of its own.
#pragma once

#include <filesystem>
#include <string>

#include "worker/lock.hpp"

namespace bitgate::worker {

/// The lock in this text; `path` is what messages call it. Throws std::runtime_error as Lock::read.
Lock parse_lock(const std::string& text, const std::filesystem::path& path);

}  // namespace bitgate::worker

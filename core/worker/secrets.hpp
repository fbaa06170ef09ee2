// Secrets on their way to a reporter: in the request that opens it, and nowhere else.
#pragma once

#include <functional>
#include <map>
#include <string>

namespace bitgate::worker {

/// Name to value.
using Secrets = std::map<std::string, std::string, std::less<>>;

}  // namespace bitgate::worker

// The output of a command of this machine's, such as git.
#pragma once

#include <string>
#include <vector>

namespace bitgate {

/// Runs argv[0], found in PATH, without a shell and with no variables but PATH and HOME, and
/// returns what it wrote to stdout, at most `most` bytes of it. Throws std::runtime_error with the
/// first line of its stderr if it can't be started or exits with anything but 0.
std::string command_output(const std::vector<std::string>& argv, std::size_t most);

}  // namespace bitgate

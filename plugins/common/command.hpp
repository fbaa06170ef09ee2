// Running one command: text in on its stdin, what it prints out, an end by a deadline. POSIX.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace command {

struct Result {
  std::string out;  ///< at most Surroundings::most_output bytes; the command may print more
  std::string err;
  /// Why it failed: "exited with 3", "was ended by signal 11 (Segmentation fault)", "was not done
  /// after 30 s and was killed". Empty: it exited with 0.
  std::string failure;
};

/// Where a command runs.
struct Surroundings {
  std::string directory;                 ///< empty: the caller's
  std::vector<std::string> environment;  ///< "NAME=value", over the caller's
  bool echo = false;  ///< what it prints goes to the caller's stderr too, as it comes
  std::size_t most_output = std::size_t{1} << 20;
};

/// Runs argv[0], which is looked for in PATH, without a shell. A command may end without reading
/// its input. When this returns the command is gone; a process that it left behind and that still
/// holds its output is not waited for. The command stays in the caller's process group, so whoever
/// kills that group ends it too. Throws std::system_error if it can't be started.
Result run(const std::vector<std::string>& argv, std::string_view input,
           std::chrono::seconds deadline, const Surroundings& around = {});

}  // namespace command

// Running the real program as a user does.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace bitgate::test {

struct Outcome {
  int exit_code = -1;  ///< -1: ended by a signal
  int signal = 0;
  std::string out;
  std::string err;
  double seconds = 0;
};

struct Surroundings {
  std::map<std::string, std::string> environment;  ///< added to this process's own
  std::string directory;                           ///< empty: this process's
  std::string emulator = {};                       ///< that bitgate runs in; empty: none
  /// Sends SIGINT this many seconds after the program wrote its first line to stderr; < 0: never.
  double interrupt_after = -1;
};

/// Runs a program to its end and returns what it wrote.
Outcome run_program(const std::vector<std::string>& arguments, const Surroundings& around = {});

/// The bitgate of this build.
Outcome run_bitgate(std::vector<std::string> arguments, const Surroundings& around = {});

/// A new empty directory, removed with everything in it at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  /// Path of a file in it.
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Writes a file and returns its path.
  [[nodiscard]] std::string write(const std::string& name, const std::string& content) const;

 private:
  std::string path_;
};

/// Processes of this user whose command line contains `text`, this one aside.
std::vector<int> processes_with(const std::string& text);

}  // namespace bitgate::test

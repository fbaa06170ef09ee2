// Running the real program as a user does: in a session of its own, without a terminal.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace bitgate::test {

struct Outcome {
  int exit_code = -1;  ///< -1: ended by a signal
  int signal = 0;
  std::string out;
  std::string err;
  long peak_kib = 0;             ///< the most memory that the program itself used
  std::vector<int> left_behind;  ///< processes that it started and that live a second after it
};

struct Surroundings {
  std::map<std::string, std::string> environment;  ///< added to this process's own
  std::string directory;                           ///< empty: this process's
  std::string emulator = {};                       ///< that bitgate runs in; empty: none
  /// Signals to send one after the other, a moment apart, once `when` is in the program's stderr.
  std::vector<int> signals;
  std::string when = "\n";
  std::chrono::milliseconds moment = std::chrono::milliseconds(200);
};

/// Runs a program to its end and returns what it wrote.
Outcome run_program(const std::vector<std::string>& arguments, const Surroundings& around = {});

/// The bitgate of this build: its path, and a run of it.
std::string bitgate_path();
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

}  // namespace bitgate::test

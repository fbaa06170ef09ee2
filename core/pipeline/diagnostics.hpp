// What is wrong with a file, where, and how to mend it.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bitgate {

/// A reader gives up after so many mistakes.
inline constexpr std::size_t kMostMistakes = 100;

struct Diagnostic {
  std::string file;
  int line = 0;         ///< from 1; 0: the file as a whole
  int column = 0;       ///< from 1, in characters
  std::string path;     ///< "suites.kernels.compute.batch[1]"; empty: the document
  std::string message;  ///< ends with the fix

  /// "file:line:column: path: message"
  [[nodiscard]] std::string text() const;
};

/// Thrown for configuration that can't be run; exit code 2. what() holds the first 20 diagnostics,
/// a line each, and how many are left out.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(std::vector<Diagnostic> diagnostics);
  /// All of them, sorted by position.
  [[nodiscard]] const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

/// Text from a file as messages show it: in single quotes, on one line, cut after 60 characters.
std::string in_quotes(std::string_view text);

}  // namespace bitgate

// What is wrong with a file, where, and how to mend it.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace bitgate {

struct Diagnostic {
  std::string file;
  int line = 0;         ///< from 1; 0: the file as a whole
  int column = 0;       ///< from 1
  std::string path;     ///< "suites.kernels.compute.batch[1]"; empty: the document
  std::string message;  ///< ends with the fix

  /// "file:line:column: path: message"
  [[nodiscard]] std::string text() const;
};

/// Thrown for configuration that can't be run; exit code 2.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(std::vector<Diagnostic> diagnostics);
  [[nodiscard]] const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace bitgate

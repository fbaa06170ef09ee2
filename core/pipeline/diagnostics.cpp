#include "pipeline/diagnostics.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace bitgate {
namespace {

constexpr std::size_t kMostShown = 20;

std::string joined(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (std::size_t i = 0; i < std::min(diagnostics.size(), kMostShown); ++i) {
    text += (i == 0 ? "" : "\n") + diagnostics[i].text();
  }
  if (diagnostics.size() > kMostShown) {
    text += fmt::format("\nand {} more", diagnostics.size() - kMostShown);
  }
  return text;
}

std::vector<Diagnostic> sorted(std::vector<Diagnostic> diagnostics) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [](const Diagnostic& a, const Diagnostic& b) {
                     return std::tie(a.line, a.column) < std::tie(b.line, b.column);
                   });
  return diagnostics;
}

}  // namespace

std::string Diagnostic::text() const {
  std::string where = file;
  if (line > 0) where += fmt::format(":{}:{}", line, column);
  return path.empty() ? fmt::format("{}: {}", where, message)
                      : fmt::format("{}: {}: {}", where, path, message);
}

ConfigError::ConfigError(std::vector<Diagnostic> diagnostics)
    : std::runtime_error(joined(sorted(diagnostics))), diagnostics_(sorted(std::move(diagnostics))) {}

}  // namespace bitgate

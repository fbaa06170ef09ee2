#include "pipeline/diagnostics.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace bitgate {
namespace {

constexpr std::size_t kMostShown = 20;
constexpr std::size_t kMostCharacters = 60;

std::string joined(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (std::size_t i = 0; i < std::min(diagnostics.size(), kMostShown); ++i) {
    text += (i == 0 ? "" : "\n") + diagnostics[i].text();
  }
  if (diagnostics.size() > kMostShown) {
    text += fmt::format("\nand {}{} more", diagnostics.size() < kMostMistakes ? "" : "at least ",
                        diagnostics.size() - kMostShown);
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

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

}  // namespace

std::string Diagnostic::text() const {
  std::string where = file;
  if (line > 0) where += fmt::format(":{}:{}", line, column);
  return path.empty() ? fmt::format("{}: {}", where, message)
                      : fmt::format("{}: {}: {}", where, path, message);
}

ConfigError::ConfigError(std::vector<Diagnostic> diagnostics)
    : std::runtime_error(joined(sorted(diagnostics))),
      diagnostics_(sorted(std::move(diagnostics))) {}

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  std::size_t characters = 0;
  for (const char c : text) {
    if (begins_character(c) && ++characters > kMostCharacters) {
      out += "…";
      break;
    }
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += c;
    }
  }
  return out + "'";
}

}  // namespace bitgate

#include "escape.hpp"

#include <bitgate/report_text.hpp>

#include <algorithm>

namespace markdown {
namespace {

/// A backslash would be enough for Markdown, but not for HTML, tables and formulas at once.
constexpr std::string_view kActive = "&<>\"'|`*_~[]()\\!#@$^{}";

std::string entity(char c) { return "&#" + std::to_string(static_cast<int>(c)) + ";"; }

/// Line breaks as spaces, other control characters visible.
std::string one_line(std::string_view text, std::size_t most) {
  std::string flat(text);
  std::replace_if(
      flat.begin(), flat.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return bitgate::shortened(bitgate::printable(flat), most);
}

/// Whether an address may begin behind this character: "www." and "://".
bool begins_address(std::string_view text, std::size_t at) {
  const bool www = text[at] == '.' && at >= 3 && text.substr(at - 3, 3) == "www";
  return www || text.substr(at, 3) == "://";
}

/// With `after_at` behind each @.
std::string escaped(std::string_view text, std::string_view after_at) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kActive.find(text[i]) != std::string_view::npos || begins_address(text, i)) {
      out += entity(text[i]);
      if (text[i] == '@') out += after_at;
    } else {
      out += text[i];
    }
  }
  return out;
}

constexpr std::string_view kNothing = "\xE2\x80\x8B";  // zero width space

/// Numbers of issues are looked for in the rendered text, as mentions are, where an entity is the
/// character that it stands for: something invisible has to stand between.
std::string unnumbered(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    const bool is_gh = text[i] == '-' && i >= 2 &&
                       (text.substr(i - 2, 2) == "GH" || text.substr(i - 2, 2) == "gh");
    if (text[i] == '#' || is_gh) out += kNothing;
  }
  return out;
}

}  // namespace

std::string prose(std::string_view text, std::size_t most) {
  return escaped(unnumbered(one_line(text, most)), kNothing);
}

std::string cell(std::string_view text, std::size_t most) {
  // Parentheses only matter behind brackets, quotes inside tags, "!" before a bracket.
  constexpr std::string_view kActiveHere = "&<>|`*~[]\\#@${}^";
  const auto joins_words = [](std::string_view line, std::size_t at) {
    const auto is_word = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    return at > 0 && at + 1 < line.size() && is_word(line[at - 1]) && is_word(line[at + 1]);
  };
  const std::string line = unnumbered(one_line(text, most));
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const std::string_view pair = std::string_view(line).substr(i, 2);
    if (pair == "<=" || pair == ">=") {
      out += line[i++] == '<' ? "≤" : "≥";
      continue;
    }
    const bool lone_underscore = line[i] == '_' && !joins_words(line, i);
    if (kActiveHere.find(line[i]) != std::string_view::npos || lone_underscore ||
        begins_address(line, i)) {
      out += entity(line[i]);
      if (line[i] == '@') out += kNothing;
    } else {
      out += line[i];
    }
  }
  return out;
}

std::string code(std::string_view text, std::size_t most) {
  // Nobody is mentioned in code; <wbr> keeps "a@b.c" from becoming a mail address.
  const std::string inside = escaped(one_line(text, most), "<wbr>");
  return inside.empty() ? "" : "<code>" + inside + "</code>";
}

}  // namespace markdown

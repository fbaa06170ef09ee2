#include <algorithm>

#include <fmt/format.h>

#include "pipeline/reader_parts.hpp"
#include "pipeline/units.hpp"

namespace bitgate {
namespace {

constexpr std::size_t kLongestName = 64;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= kLongestName && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
         });
}

std::string name_error(const std::string& text) {
  return fmt::format(
      "name {} must begin with a letter and have at most {} letters, digits, '_', "
      "'-' and '.'; rename it",
      in_quotes(text), kLongestName);
}

}  // namespace

std::optional<std::string> read_name(const Value& value) {
  const auto text = value.text("a name, e.g. cpu");
  if (!text || is_name(*text)) return text;
  value.error(name_error(*text));
  return std::nullopt;
}

void check_key(const Value& value, const std::string& key) {
  if (!is_name(key)) value.error(name_error(key));
}

std::optional<std::chrono::nanoseconds> read_duration(const Value& value) {
  const auto text = value.text("a duration, e.g. 10s");
  const auto duration = text ? parse_duration(*text) : std::nullopt;
  if (text && !duration) {
    value.error(
        fmt::format("must be a number with ns, us, ms, s or min, from 1ns to a week, e.g. "
                    "10s, not {}",
                    in_quotes(*text)));
  }
  return duration;
}

std::string read_plugin(const Value& owner, const char* example) {
  const auto plugin = owner.require("plugin", example);
  const auto text =
      plugin ? plugin->text(fmt::format("the id of a plugin or a path, e.g. {}", example))
             : std::nullopt;
  if (!text) return "";
  const bool is_path =
      text->starts_with("./") || text->starts_with("../") || text->starts_with("/");
  if (is_path || is_name(*text)) return *text;
  plugin->error(
      text->find('/') != std::string::npos
          ? fmt::format("a path must begin with ./, ../ or /; write {}", in_quotes("./" + *text))
          : name_error(*text));
  return "";
}

}  // namespace bitgate

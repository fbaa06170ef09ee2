#include "mocks.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace process {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostShown = 160;

bool holds(std::string_view text, const std::vector<std::string>& words) {
  std::string word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const auto c = i < text.size() ? static_cast<unsigned char>(text[i]) : '\0';
    if (std::isalnum(c) != 0) {
      word += static_cast<char>(std::tolower(c));
      continue;
    }
    if (std::find(words.begin(), words.end(), word) != words.end()) return true;
    word.clear();
  }
  return false;
}

bool says_nothing(const Json& value) {
  if (value.is_null() || value == false || value == 0) return true;
  if (value.is_string()) return value.get_ref<const std::string&>().empty();
  return value.is_structured() && value.empty();
}

}  // namespace

std::string mock_line(std::string_view text, const std::vector<std::string>& words) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (holds(line, words)) return std::string(line.substr(0, kMostShown));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return "";
}

std::string mock_place(const Json& document, const std::vector<std::string>& words) {
  if (!document.is_structured()) return "";
  for (const auto& [key, value] : document.items()) {
    const bool named = document.is_object() && holds(key, words) && !says_nothing(value);
    const bool said = value.is_string() && holds(value.get_ref<const std::string&>(), words);
    if (named || said) {
      return (key + ": " + value.dump(-1, ' ', true, Json::error_handler_t::replace))
          .substr(0, kMostShown);
    }
    if (std::string below = mock_place(value, words); !below.empty()) return below;
  }
  return "";
}

std::string made_up(const std::vector<double>& times_ns) {
  constexpr std::size_t kFew = 3;
  const auto is_time = [](double time) { return std::isfinite(time) && time > 0; };
  if (!std::all_of(times_ns.begin(), times_ns.end(), is_time)) {
    return "holds a time that is none: every one must be a number above 0";
  }
  const bool alike = std::all_of(times_ns.begin(), times_ns.end(),
                                 [&](double time) { return time == times_ns.front(); });
  if (times_ns.size() >= kFew && alike) {
    return "has " + std::to_string(times_ns.size()) +
           " times that are exactly alike, which no clock gives: measure each one, and write it "
           "with all its digits";
  }
  return "";
}

}  // namespace process

#include "conform/option_schema.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <string_view>

#include <fmt/format.h>

namespace bitgate::conform {
namespace {

using nlohmann::json;
using Mistakes = std::vector<std::string>;

void examine(const json& schema, const std::string& at, Mistakes& out);

void require(bool right, const std::string& at, const std::string& mistake, Mistakes& out) {
  if (!right) out.push_back(fmt::format("{}: {}", at.empty() ? "/" : at, mistake));
}

bool is_type(const json& word) {
  constexpr std::array<std::string_view, 7> kTypes = {"null",   "boolean", "object", "array",
                                                      "number", "string",  "integer"};
  return word.is_string() && std::find(kTypes.begin(), kTypes.end(),
                                       word.get_ref<const std::string&>()) != kTypes.end();
}

void examine_type(const json& value, const std::string& at, Mistakes& out) {
  if (value.is_array()) {
    require(!value.empty(), at, "an empty list of types", out);
    for (const json& one : value) require(is_type(one), at, one.dump() + " is no type", out);
    return;
  }
  require(is_type(value), at, value.dump() + " is no type", out);
}

void examine_map(const json& value, const std::string& at, Mistakes& out) {
  require(value.is_object(), at, "is no object of schemas", out);
  if (!value.is_object()) return;
  for (const auto& [name, schema] : value.items()) examine(schema, at + "/" + name, out);
}

void examine_list(const json& value, const std::string& at, Mistakes& out) {
  require(value.is_array() && !value.empty(), at, "is no list of schemas", out);
  if (!value.is_array()) return;
  for (std::size_t i = 0; i < value.size(); ++i)
    examine(value[i], fmt::format("{}/{}", at, i), out);
}

void examine_required(const json& value, const std::string& at, Mistakes& out) {
  const bool texts =
      value.is_array() &&
      std::all_of(value.begin(), value.end(), [](const json& one) { return one.is_string(); });
  require(texts, at, "is no list of names", out);
}

void examine_count(const json& value, const std::string& at, Mistakes& out) {
  require(value.is_number_unsigned(), at, "is no count", out);
}

void examine_number(const json& value, const std::string& at, Mistakes& out) {
  require(value.is_number(), at, "is no number", out);
}

void examine_text(const json& value, const std::string& at, Mistakes& out) {
  require(value.is_string(), at, "is no text", out);
}

void examine_pattern(const json& value, const std::string& at, Mistakes& out) {
  examine_text(value, at, out);
  if (!value.is_string()) return;
  try {
    static_cast<void>(std::regex(value.get<std::string>(), std::regex::ECMAScript));
  } catch (const std::regex_error&) {
    require(false, at, value.dump() + " is no regular expression", out);
  }
}

void examine_flag(const json& value, const std::string& at, Mistakes& out) {
  require(value.is_boolean(), at, "is neither true nor false", out);
}

void examine_words(const json& value, const std::string& at, Mistakes& out) {
  require(value.is_array() && !value.empty(), at, "is no list of values", out);
}

void anything(const json&, const std::string&, Mistakes&) {}

struct Keyword {
  std::string_view name;
  void (*examine)(const json& value, const std::string& at, Mistakes& out);
};

constexpr std::array<Keyword, 30> kKeywords = {{
    {"$schema", examine_text},
    {"$id", examine_text},
    {"$comment", examine_text},
    {"title", examine_text},
    {"description", examine_text},
    {"default", anything},
    {"examples", examine_words},
    {"type", examine_type},
    {"enum", examine_words},
    {"const", anything},
    {"multipleOf", examine_number},
    {"minimum", examine_number},
    {"maximum", examine_number},
    {"exclusiveMinimum", examine_number},
    {"exclusiveMaximum", examine_number},
    {"minLength", examine_count},
    {"maxLength", examine_count},
    {"pattern", examine_pattern},
    {"format", examine_text},
    {"items", examine},
    {"minItems", examine_count},
    {"maxItems", examine_count},
    {"uniqueItems", examine_flag},
    {"properties", examine_map},
    {"additionalProperties", examine},
    {"required", examine_required},
    {"allOf", examine_list},
    {"anyOf", examine_list},
    {"oneOf", examine_list},
    {"not", examine},
}};

void examine(const json& schema, const std::string& at, Mistakes& out) {
  if (schema.is_boolean()) return;
  require(schema.is_object(), at, "is no schema: neither an object nor true or false", out);
  if (!schema.is_object()) return;
  for (const auto& [name, value] : schema.items()) {
    const auto* known = std::find_if(kKeywords.begin(), kKeywords.end(),
                                     [&](const Keyword& keyword) { return keyword.name == name; });
    const std::string there = at + "/" + name;
    if (known == kKeywords.end()) {
      require(false, there, "is no keyword that bitgate knows", out);
    } else {
      known->examine(value, there, out);
    }
  }
}

}  // namespace

std::vector<std::string> schema_mistakes(const json& schema) {
  Mistakes out;
  examine(schema, "", out);
  return out;
}

}  // namespace bitgate::conform

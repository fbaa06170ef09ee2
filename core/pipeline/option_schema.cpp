#include "pipeline/option_schema.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "base/secret.hpp"
#include "base/text.hpp"
#include "pipeline/diagnostics.hpp"
#include "pipeline/reading.hpp"

namespace bitgate {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kTypes = {{
    {"null", "nothing"},
    {"boolean", "true or false"},
    {"integer", "an integer"},
    {"number", "a number"},
    {"string", "text"},
    {"array", "a list"},
    {"object", "a map"},
}};

/// A keyword's value if it has the type that the keyword takes.
const json* keyword(const json& schema, const char* name, json::value_t type) {
  const auto found = schema.find(name);
  return found != schema.end() && found->type() == type ? &*found : nullptr;
}

bool is_type(const json& value, const std::string& type) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "string") return value.is_string();
  if (type == "array") return value.is_array();
  return type == "object" && value.is_object();
}

std::string type_in_words(const std::string& type) {
  for (const auto& [name, words] : kTypes) {
    if (name == type) return std::string(words);
  }
  return type;
}

/// The types that a schema allows; none if it allows all.
std::vector<std::string> types_of(const json& schema) {
  const auto found = schema.find("type");
  if (found == schema.end()) return {};
  std::vector<std::string> types;
  for (const json& type : found->is_array() ? *found : json::array({*found})) {
    if (type.is_string()) types.push_back(type.get<std::string>());
  }
  return types;
}

std::string shown(const json& value) {
  if (value.is_string()) return in_quotes(value.get<std::string>());
  if (value.is_object()) return "a map";
  if (value.is_array()) return "a list";
  return value.dump();
}

class Checker {
 public:
  void check(const json& schema, const json& value, const std::string& pointer) {
    if (!schema.is_object()) return;
    const json* secret = keyword(schema, "writeOnly", json::value_t::boolean);
    if (!fits_secret(secret != nullptr && secret->get<bool>(), value, pointer)) return;
    if (!has_type(schema, value, pointer)) return;
    check_choice(schema, value, pointer);
    if (value.is_number()) check_number(schema, value, pointer);
    if (value.is_string()) check_text(schema, value, pointer);
    if (value.is_object()) check_map(schema, value, pointer);
    if (value.is_array()) check_list(schema, value, pointer);
  }

  std::vector<OptionMistake> mistakes;

 private:
  void note(const std::string& pointer, const std::string& message, bool at_key = false) {
    mistakes.push_back({pointer, at_key, message});
  }

  /// A secret is never in the options themselves, and goes nowhere but where one belongs. What is
  /// there instead of a reference may be the secret, so it is not shown.
  bool fits_secret(bool is_secret, const json& value, const std::string& pointer) {
    const bool is_reference =
        value.is_string() && secret_name(value.get_ref<const std::string&>()).has_value();
    if (is_secret == is_reference || (is_secret && value.is_null())) return true;
    note(pointer, is_secret ? "is a secret: write ${secret:NAME}, which stands for the environment "
                              "variable NAME or the file that NAME_FILE names"
                            : "takes no secret; write the value out");
    return false;
  }

  bool has_type(const json& schema, const json& value, const std::string& pointer) {
    const std::vector<std::string> types = types_of(schema);
    const auto fits = [&](const std::string& type) { return is_type(value, type); };
    if (types.empty() || std::any_of(types.begin(), types.end(), fits)) return true;
    std::string wanted;
    for (const std::string& type : types) {
      wanted += (wanted.empty() ? "" : " or ") + type_in_words(type);
    }
    note(pointer, fmt::format("must be {}, not {}", wanted, shown(value)));
    return false;
  }

  void check_choice(const json& schema, const json& value, const std::string& pointer) {
    std::vector<json> choices;
    if (const json* list = keyword(schema, "enum", json::value_t::array)) {
      choices.assign(list->begin(), list->end());
    }
    if (const auto only = schema.find("const"); only != schema.end()) choices = {*only};
    if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) {
      return;
    }
    std::vector<std::string> words;
    for (const json& choice : choices) {
      words.push_back(choice.is_string() ? choice.get<std::string>() : choice.dump());
    }
    const std::string guess =
        value.is_string() ? did_you_mean(value.get<std::string>(), words) : std::string();
    note(pointer, fmt::format("must be one of {}, not {}{}", listed(words), shown(value), guess));
  }

  void check_number(const json& schema, const json& value, const std::string& pointer) {
    const auto limit = [&](const char* name) -> const json* {
      const auto found = schema.find(name);
      return found != schema.end() && found->is_number() ? &*found : nullptr;
    };
    if (const json* least = limit("minimum"); least != nullptr && value < *least) {
      note(pointer, fmt::format("must be at least {}, not {}", least->dump(), value.dump()));
    }
    if (const json* most = limit("maximum"); most != nullptr && value > *most) {
      note(pointer, fmt::format("must be at most {}, not {}", most->dump(), value.dump()));
    }
  }

  void check_text(const json& schema, const json& value, const std::string& pointer) {
    const auto found = schema.find("minLength");
    if (found == schema.end() || !found->is_number_unsigned()) return;
    const auto& text = value.get_ref<const std::string&>();
    const auto characters = std::count_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    });
    const auto least = found->get<std::uint64_t>();
    if (static_cast<std::uint64_t>(characters) >= least) return;
    note(pointer, text.empty()
                      ? std::string("must not be empty; write a value or take it out")
                      : fmt::format("must have at least {} characters, not {}", least, characters));
  }

  void check_map(const json& schema, const json& value, const std::string& pointer) {
    static const json none = json::object();
    const json* known = keyword(schema, "properties", json::value_t::object);
    if (known == nullptr) known = &none;
    const json* more = keyword(schema, "additionalProperties", json::value_t::boolean);
    for (const auto& [key, item] : value.items()) {
      const std::string at = pointer + "/" + pointer_token(key);
      if (const auto property = known->find(key); property != known->end()) {
        check(*property, item, at);
      } else if (more != nullptr && !more->get<bool>()) {
        note(at, unknown(key, *known), true);
      }
    }
    const json* required = keyword(schema, "required", json::value_t::array);
    for (const json& name : required == nullptr ? none : *required) {
      if (name.is_string() && !value.contains(name.get<std::string>())) {
        note(pointer, missing(name.get<std::string>(), *known));
      }
    }
  }

  void check_list(const json& schema, const json& value, const std::string& pointer) {
    const json* items = keyword(schema, "items", json::value_t::object);
    for (std::size_t i = 0; items != nullptr && i < value.size(); ++i) {
      check(*items, value[i], pointer + "/" + std::to_string(i));
    }
  }

  static std::string unknown(const std::string& key, const json& known) {
    std::vector<std::string> names;
    for (const auto& [name, schema] : known.items()) names.push_back(name);
    if (names.empty())
      return fmt::format("unknown option {}: there are none here; take it out", in_quotes(key));
    const std::string guess = did_you_mean(key, names);
    return fmt::format("unknown option {}{}", in_quotes(key),
                       guess.empty() ? "; known here: " + listed(names) : guess);
  }

  static std::string missing(const std::string& name, const json& known) {
    std::string purpose;
    if (const auto schema = known.find(name); schema != known.end() && schema->is_object()) {
      if (const json* text = keyword(*schema, "description", json::value_t::string)) {
        purpose = fmt::format(" ({})", text->get<std::string>());
      }
    }
    return fmt::format("lacks the option '{}'{}; write options: {{{}: …}}", name, purpose, name);
  }
};

/// What a keyword's value must be; empty if the value is right.
std::string wrong_value(const std::string& name, const json& value) {
  const auto all_text = [](const json& list) {
    return std::all_of(list.begin(), list.end(), [](const json& item) { return item.is_string(); });
  };
  if (name == "type") {
    const json list = value.is_array() ? value : json::array({value});
    const bool known = std::all_of(list.begin(), list.end(), [](const json& type) {
      return type.is_string() && std::any_of(kTypes.begin(), kTypes.end(), [&](const auto& entry) {
               return entry.first == type;
             });
    });
    return known && !list.empty() ? "" : "a type of JSON or a list of them";
  }
  if (name == "properties" || name == "items") return value.is_object() ? "" : "an object";
  if (name == "required") return value.is_array() && all_text(value) ? "" : "a list of names";
  if (name == "additionalProperties" || name == "writeOnly") {
    return value.is_boolean() ? "" : "true or false";
  }
  if (name == "enum" || name == "examples") {
    return value.is_array() && !value.empty() ? "" : "a list with something in it";
  }
  if (name == "minimum" || name == "maximum") return value.is_number() ? "" : "a number";
  if (name == "minLength") return value.is_number_unsigned() ? "" : "a number of characters";
  if (name == "title" || name == "description") return value.is_string() ? "" : "text";
  return {};
}

void collect_mistakes(const json& schema, const std::string& pointer,
                      std::vector<std::string>& out) {
  static const std::vector<std::string> keywords = {
      "type",    "properties", "required", "additionalProperties",
      "items",   "enum",       "const",    "minimum",
      "maximum", "minLength",  "title",    "description",
      "default", "examples",   "writeOnly"};
  const auto note = [&](const std::string& message) {
    out.push_back((pointer.empty() ? "schema" : pointer) + ": " + message);
  };
  if (!schema.is_object()) return note("must be an object");
  for (const auto& [name, value] : schema.items()) {
    if (name == "$schema" && pointer.empty()) continue;
    if (std::find(keywords.begin(), keywords.end(), name) == keywords.end()) {
      note(fmt::format("keyword '{}' is not supported{}; supported are {}", name,
                       did_you_mean(name, keywords), fmt::join(keywords, ", ")));
    } else if (const std::string wanted = wrong_value(name, value); !wanted.empty()) {
      note(fmt::format("'{}' must be {}", name, wanted));
    }
  }
  if (const json* properties = keyword(schema, "properties", json::value_t::object)) {
    for (const auto& [name, property] : properties->items()) {
      collect_mistakes(property, pointer + "/properties/" + pointer_token(name), out);
    }
  }
  if (const json* items = keyword(schema, "items", json::value_t::object)) {
    collect_mistakes(*items, pointer + "/items", out);
  }
  if (const auto fallback = schema.find("default"); fallback != schema.end()) {
    for (const OptionMistake& mistake : option_mistakes(schema, *fallback)) {
      note("its own default" + (mistake.pointer.empty() ? "" : " at " + dotted(mistake.pointer)) +
           " " + mistake.message);
    }
  }
}

}  // namespace

std::vector<OptionMistake> option_mistakes(const json& schema, const json& options) {
  Checker checker;
  checker.check(schema, options, "");
  return std::move(checker.mistakes);
}

std::vector<std::string> schema_mistakes(const json& schema) {
  std::vector<std::string> mistakes;
  collect_mistakes(schema, "", mistakes);
  return mistakes;
}

std::string pointer_token(std::string key) {
  for (std::size_t at = 0; (at = key.find_first_of("~/", at)) != std::string::npos; at += 2) {
    key.replace(at, 1, key[at] == '~' ? "~0" : "~1");
  }
  return key;
}

std::string dotted(const std::string& pointer) {
  std::string out;
  for (std::size_t start = 0; start < pointer.size();) {
    const std::size_t end = std::min(pointer.find('/', start + 1), pointer.size());
    std::string token = pointer.substr(start + 1, end - start - 1);
    if (!token.empty() && token.find_first_not_of("0123456789") == std::string::npos) {
      out += "[" + token + "]";
    } else {
      for (std::size_t at = 0; (at = token.find('~', at)) != std::string::npos; ++at) {
        token.replace(at, 2, token.substr(at, 2) == "~1" ? "/" : "~");
      }
      out += (out.empty() ? "" : ".") + token;
    }
    start = end;
  }
  return out;
}

}  // namespace bitgate

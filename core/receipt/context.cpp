#include "receipt/context.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "receipt/read.hpp"

namespace bitgate {
namespace {

using Json = nlohmann::ordered_json;

std::size_t index_of(std::string_view name) {
  return static_cast<std::size_t>(std::find(kFacts.begin(), kFacts.end(), name) - kFacts.begin());
}

[[noreturn]] void fail(const std::string& place, const char* what) {
  throw BadReceipt("is no whole receipt: context" + place + " " + what);
}

Json to_json(const Fact& fact, bool is_list) {
  Json value;
  if (fact.known() && is_list) {
    value = Json::array();
    for (const std::string& text : *fact.values) value.push_back(to_utf8(text));
  } else if (fact.known()) {
    value = to_utf8(fact.text());
  }
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(to_utf8(text));
  };
  return {{"value", std::move(value)},
          {"source", text_or_null(fact.source)},
          {"reason", text_or_null(fact.reason)}};
}

std::string text_or_empty(const Json& from, const char* key, const std::string& place) {
  const auto found = from.find(key);
  if (found == from.end()) fail(place, "lacks a key");
  if (found->is_null()) return "";
  if (!found->is_string()) fail(place + "." + key, "is no text");
  return found->get<std::string>();
}

Fact fact_of(const Json& from, bool is_list, const std::string& place) {
  if (!from.is_object() || !from.contains("value")) fail(place, "has no \"value\"");
  Fact fact;
  fact.source = text_or_empty(from, "source", place);
  fact.reason = text_or_empty(from, "reason", place);
  const Json& value = from.at("value");
  if (value.is_null()) return fact;
  if (value.is_array() != is_list) fail(place + ".value", "is of the wrong kind");
  fact.values.emplace();
  for (const Json& one : is_list ? value : Json::array({value})) {
    if (!one.is_string()) fail(place + ".value", "is no text");
    fact.values->push_back(one.get<std::string>());
  }
  return fact;
}

}  // namespace

bool is_list_fact(std::string_view name) {
  return name == "labels" || name == "changed" || name == "scope";
}

const Fact& Context::operator[](std::string_view name) const { return facts_.at(index_of(name)); }
Fact& Context::operator[](std::string_view name) { return facts_.at(index_of(name)); }

Json to_json(const Context& context) {
  Json out = Json::object();
  for (const std::string_view name : kFacts) {
    out[std::string(name)] = to_json(context[name], is_list_fact(name));
  }
  return out;
}

Context context_of(const Json& document) {
  if (!document.is_object()) fail("", "is no object");
  Context out;
  for (const std::string_view name : kFacts) {
    const auto found = document.find(std::string(name));
    const std::string place = "." + std::string(name);
    if (found == document.end()) fail(place, "is missing");
    out[name] = fact_of(*found, is_list_fact(name), place);
  }
  return out;
}

}  // namespace bitgate

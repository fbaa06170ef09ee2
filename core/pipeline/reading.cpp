#include "pipeline/reading.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

#include <fmt/format.h>

#include "base/secret.hpp"
#include "base/text.hpp"
#include "pipeline/units.hpp"

namespace bitgate {
namespace {

constexpr std::size_t kMostEntries = 1000;
constexpr std::size_t kMostListed = 12;

/// What other readers take for true or false.
std::optional<bool> old_boolean(std::string_view text) {
  constexpr std::array<std::string_view, 10> kTrue = {"yes", "Yes",  "YES",  "on", "On",
                                                      "ON",  "True", "TRUE", "y",  "Y"};
  constexpr std::array<std::string_view, 10> kFalse = {"no",  "No",    "NO",    "off", "Off",
                                                       "OFF", "False", "FALSE", "n",   "N"};
  if (std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), text) != kFalse.end()) return false;
  return std::nullopt;
}

}  // namespace

void Reading::error(Position at, const std::string& path, const std::string& message) {
  diagnostics_.push_back({file_, at.line, at.column, path, message});
  if (diagnostics_.size() >= kMostMistakes) finish();
}

void Reading::finish() const {
  if (!diagnostics_.empty()) throw ConfigError(diagnostics_);
}

void Value::error(const std::string& message) const {
  reading_->error(node_->position, path_, message);
}

bool Value::is_map(const char* example) const {
  if (node_->kind == Node::Kind::kMap) return few(node_->entries.size(), "keys");
  error(fmt::format("must be a map, e.g. {}, not {}", example, node_->shown()));
  return false;
}

bool Value::is_list(const char* example) const {
  if (node_->kind == Node::Kind::kSequence) return few(node_->items.size(), "items");
  error(fmt::format("must be a list, e.g. {}, not {}", example, node_->shown()));
  return false;
}

bool Value::few(std::size_t count, const char* what) const {
  if (count <= kMostEntries) return true;
  error(fmt::format("has {} {}, more than {}; write less", count, what, kMostEntries));
  return false;
}

std::optional<std::string> Value::text(const std::string& wanted) const {
  if (node_->kind != Node::Kind::kScalar || node_->scalar.empty()) {
    error(fmt::format("must be {}, not {}", wanted,
                      node_->kind == Node::Kind::kScalar ? "empty text" : node_->shown()));
    return std::nullopt;
  }
  if (refused_interpolation()) return std::nullopt;
  switch (node_->type()) {
    case Node::Type::kText:
      return node_->scalar;
    case Node::Type::kBoolean:
      error(fmt::format("must be {}, not the boolean {}", wanted, node_->scalar));
      return std::nullopt;
    case Node::Type::kInteger:
    case Node::Type::kFloat:
      break;
  }
  error(fmt::format("must be {}, not the bare number {}", wanted, node_->shown()));
  return std::nullopt;
}

bool Value::refused_interpolation() const {
  const std::size_t at = node_->scalar.find("${");
  if (at == std::string::npos) return false;
  if (node_->scalar.find(kSecretStart) != std::string::npos) {
    error(
        "a secret can only be the whole value of a reporter's option, written as ${secret:NAME} "
        "with a NAME of letters, digits and _");
    return true;
  }
  error(
      fmt::format("{} is not replaced by anything: pipelines have no variables; write the value "
                  "out",
                  in_quotes(std::string_view(node_->scalar).substr(at))));
  return true;
}

std::optional<bool> Value::boolean() const {
  std::string fix;
  if (node_->kind == Node::Kind::kScalar) {
    if (!node_->quoted && node_->scalar == "true") return true;
    if (!node_->quoted && node_->scalar == "false") return false;
    const bool only_quoted = node_->scalar == "true" || node_->scalar == "false";
    const std::optional<bool> meant = old_boolean(node_->scalar);
    if (only_quoted) fix = " in quotes; take the quotes out";
    if (meant) fix = *meant ? "; write true" : "; write false";
  }
  error(fmt::format("must be true or false, not {}{}", node_->shown(), fix));
  return std::nullopt;
}

std::optional<std::uint64_t> Value::integer(std::uint64_t least, std::uint64_t most) const {
  const std::string range =
      least == most ? std::to_string(least) : fmt::format("an integer from {} to {}", least, most);
  const std::string wanted = fmt::format("must be {}, not {}", range, node_->shown());
  if (node_->kind != Node::Kind::kScalar) {
    error(wanted);
    return std::nullopt;
  }
  const auto number = parse_integer(node_->scalar);
  if (number && node_->quoted) {
    error(wanted + " in quotes; take the quotes out");
  } else if (!number && node_->type() == Node::Type::kInteger && node_->scalar.front() == '0') {
    error(wanted +
          ": it means different numbers to different readers; write it in decimal without a "
          "leading 0");
  } else if (!number || *number < least || *number > most) {
    error(wanted);
  } else {
    return number;
  }
  return std::nullopt;
}

std::optional<std::string> Value::word(const std::vector<std::string>& words) const {
  std::string choice;
  for (std::size_t i = 0; i < words.size(); ++i) {
    choice += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  }
  const std::optional<std::string> given = text(choice);
  if (!given) return std::nullopt;
  if (std::find(words.begin(), words.end(), *given) != words.end()) return given;
  error(
      fmt::format("must be {}, not {}{}", choice, in_quotes(*given), did_you_mean(*given, words)));
  return std::nullopt;
}

std::optional<Value> Value::get(std::string_view key) const {
  const Node* found = node_->find(key);
  if (found == nullptr || found->kind == Node::Kind::kNull) return std::nullopt;
  return Value(*reading_, *found,
               path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key));
}

std::optional<Value> Value::require(std::string_view key, const std::string& example) const {
  if (node_->find(key) == nullptr) {
    error(fmt::format("lacks the key '{}'; write e.g. {}: {}", key, key, example));
  }
  return get(key);
}

void Value::only_keys(const std::vector<std::string>& known) const {
  for (const Node::Entry& entry : node_->entries) {
    if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
      const std::string guess = did_you_mean(entry.key, known);
      reading_->error(entry.position, path_,
                      fmt::format("unknown key {}{}", in_quotes(entry.key),
                                  guess.empty() ? "; known here: " + listed(known) : guess));
    } else if (entry.value.kind == Node::Kind::kNull) {
      // Nothing is not a default: most likely something was forgotten.
      reading_->error(entry.position, path_,
                      fmt::format("key '{}' has no value; give it one or take it out", entry.key));
    }
  }
}

std::vector<Value> Value::different_items() const {
  if (node_->kind != Node::Kind::kSequence) return {*this};
  std::vector<Value> out;
  std::unordered_set<std::string_view> seen;
  for (Value& item : items()) {
    const Node& node = item.node();
    if (node.kind == Node::Kind::kScalar && !seen.insert(node.scalar).second) {
      item.error(fmt::format("{} is in the list twice; take one out", node.shown()));
    } else {
      out.push_back(std::move(item));
    }
  }
  return out;
}

std::vector<Value> Value::items() const {
  std::vector<Value> out;
  for (std::size_t i = 0; i < node_->items.size(); ++i) {
    out.emplace_back(*reading_, node_->items[i], fmt::format("{}[{}]", path_, i));
  }
  return out;
}

std::vector<std::pair<const Node::Entry*, Value>> Value::entries() const {
  std::vector<std::pair<const Node::Entry*, Value>> out;
  for (const Node::Entry& entry : node_->entries) {
    const std::string path = path_.empty() ? entry.key : fmt::format("{}.{}", path_, entry.key);
    out.emplace_back(&entry, Value(*reading_, entry.value, path));
  }
  return out;
}

bool is_old_boolean(std::string_view text) { return old_boolean(text).has_value(); }

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < std::min(words.size(), kMostListed); ++i) {
    out += (i == 0 ? "" : ", ") + words[i];
  }
  return words.size() > kMostListed ? out + ", …" : out;
}

std::string instead_of(const std::string& word, const std::vector<std::string>& known,
                       const std::string& if_none) {
  if (known.empty()) return "; " + if_none;
  const std::string guess = did_you_mean(word, known);
  return guess.empty() ? "; there are " + listed(known) : guess;
}

}  // namespace bitgate

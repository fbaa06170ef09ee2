#include "pipeline/reading.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace bitgate {

void Reading::error(Position at, const std::string& path, const std::string& message) {
  diagnostics_.push_back({file_, at.line, at.column, path, message});
}

void Reading::finish() const {
  if (!diagnostics_.empty()) throw ConfigError(diagnostics_);
}

void Value::error(const std::string& message) const {
  reading_->error(node_->position, path_, message);
}

bool Value::is_map(const char* example) const {
  if (node_->kind == Node::Kind::kMap) return true;
  error(fmt::format("must be a map, e.g. {}, not {}", example, node_->kind_word()));
  return false;
}

bool Value::is_list(const char* example) const {
  if (node_->kind == Node::Kind::kSequence) return true;
  error(fmt::format("must be a list, e.g. {}, not {}", example, node_->kind_word()));
  return false;
}

std::optional<std::string> Value::text(const std::string& wanted) const {
  if (node_->kind == Node::Kind::kScalar && !node_->scalar.empty()) return node_->scalar;
  error(fmt::format("must be {}, not {}", wanted, node_->kind_word()));
  return std::nullopt;
}

std::optional<bool> Value::boolean() const {
  if (node_->kind == Node::Kind::kScalar && !node_->quoted) {
    if (node_->scalar == "true") return true;
    if (node_->scalar == "false") return false;
  }
  error(fmt::format("must be true or false, not {}", node_->kind_word()));
  return std::nullopt;
}

std::optional<std::string> Value::word(const std::vector<std::string>& words) const {
  std::string listed;
  for (const std::string& known : words) listed += (listed.empty() ? "" : " or ") + known;
  const std::optional<std::string> given = text(listed);
  if (!given) return std::nullopt;
  if (std::find(words.begin(), words.end(), *given) != words.end()) return given;
  error(fmt::format("must be {}, not '{}'{}", listed, *given, did_you_mean(*given, words)));
  return std::nullopt;
}

std::optional<Value> Value::get(std::string_view key) const {
  const Node* found = node_->find(key);
  if (found == nullptr || found->kind == Node::Kind::kNull) return std::nullopt;
  return Value(*reading_, *found, path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key));
}

std::optional<Value> Value::require(std::string_view key, const std::string& example) const {
  std::optional<Value> value = get(key);
  if (!value) error(fmt::format("lacks the key '{}'; write e.g. {}: {}", key, key, example));
  return value;
}

void Value::only_keys(const std::vector<std::string>& known) const {
  for (const Node::Entry& entry : node_->entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) {
      // A key without a value is a slip: nothing is not a default.
      if (entry.value.kind == Node::Kind::kNull) {
        reading_->error(entry.position, path_,
                        fmt::format("key '{}' has no value; give it one or take it out", entry.key));
      }
      continue;
    }
    std::string listed;
    for (const std::string& name : known) listed += (listed.empty() ? "" : ", ") + name;
    const std::string guess = did_you_mean(entry.key, known);
    reading_->error(entry.position, path_,
                    fmt::format("unknown key '{}'{}", entry.key,
                                guess.empty() ? "; known here: " + listed : guess));
  }
}

std::vector<Value> Value::items() const {
  if (node_->kind != Node::Kind::kSequence) return {*this};
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

}  // namespace bitgate

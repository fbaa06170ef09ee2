// A YAML document as a tree that remembers where everything was written.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/diagnostics.hpp"

namespace bitgate {

/// Line and column from 1; 0: nowhere in particular.
struct Position {
  int line = 0;
  int column = 0;
};

struct Node {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  struct Entry;

  Kind kind = Kind::kNull;
  Position position;
  std::string scalar;
  bool quoted = false;  ///< written in quotes: text, whatever it looks like
  std::vector<Node> items;
  std::vector<Entry> entries;  ///< of a map, in the order written, keys unique

  /// "a list", "a map", "text", …, for messages.
  [[nodiscard]] std::string kind_word() const;
  /// The value of a key; nullptr if the map does not have it.
  [[nodiscard]] const Node* find(std::string_view key) const;
};

struct Node::Entry {
  std::string key;
  Position position;  ///< of the key
  Node value;
};

/// Reads one document. YAML 1.2's core schema and less: aliases are expanded (at most 100,000 nodes,
/// 64 levels), and duplicate keys, merge keys, tags, further documents, bytes that are no UTF-8 and
/// control characters are errors. Throws ConfigError.
Node parse_yaml(std::string_view text, const std::string& file);

}  // namespace bitgate

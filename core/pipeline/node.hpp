// A YAML document as a tree that remembers where everything was written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/diagnostics.hpp"

namespace bitgate {

/// Line and column from 1, the column in characters; 0: nowhere in particular.
struct Position {
  int line = 0;
  int column = 0;
};

struct Node {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  /// What a scalar is under YAML 1.2's core schema.
  enum class Type { kText, kBoolean, kInteger, kFloat };
  struct Entry;

  Kind kind = Kind::kNull;
  Position position;
  std::string scalar;
  bool quoted = false;  ///< written in quotes or as a block: text, whatever it looks like
  std::vector<Node> items;
  std::vector<Entry> entries;  ///< of a map, in the order written, keys unique

  /// "a list", "a map", "nothing" or the scalar in quotes, for messages.
  [[nodiscard]] std::string shown() const;
  /// The value of a key; nullptr if the map does not have it.
  [[nodiscard]] const Node* find(std::string_view key) const;
  /// Of a scalar.
  [[nodiscard]] Type type() const;
};

struct Node::Entry {
  std::string key;
  Position position;  ///< of the key
  Node value;
};

/// Reads one document. YAML 1.2's core schema and less: aliases are expanded (at most 100,000 nodes
/// and 64 levels), and duplicate keys, merge keys, tags, further documents, bytes that are not
/// UTF-8 and control characters are errors. Throws ConfigError and nothing else.
Node parse_yaml(std::string_view text, const std::string& file);

}  // namespace bitgate

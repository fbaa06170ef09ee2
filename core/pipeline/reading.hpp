// Taking values out of a YAML tree: every mistake is noted with its place and reading goes on, so that
// a user sees all mistakes at once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/diagnostics.hpp"
#include "pipeline/node.hpp"

namespace bitgate {

/// Collects what is wrong with one file.
class Reading {
 public:
  explicit Reading(std::string file) : file_(std::move(file)) {}

  void error(Position at, const std::string& path, const std::string& message);
  /// Throws ConfigError if anything was noted.
  void finish() const;

 private:
  std::string file_;
  std::vector<Diagnostic> diagnostics_;
};

/// A node with its path in the document, "suites.kernels.compute.batch[1]".
class Value {
 public:
  Value(Reading& reading, const Node& node, std::string path)
      : reading_(&reading), node_(&node), path_(std::move(path)) {}

  [[nodiscard]] const Node& node() const { return *node_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  void error(const std::string& message) const;

  /// Notes an error unless this is a map (a list, a scalar).
  [[nodiscard]] bool is_map(const char* example) const;
  [[nodiscard]] bool is_list(const char* example) const;
  /// The scalar's text. `wanted` describes it: "a name, e.g. cpu_simd".
  [[nodiscard]] std::optional<std::string> text(const std::string& wanted) const;
  /// true or false, and nothing that merely looks like it.
  [[nodiscard]] std::optional<bool> boolean() const;
  /// One of a few words.
  [[nodiscard]] std::optional<std::string> word(const std::vector<std::string>& words) const;

  /// The value of a key of a map, if it is there and not null.
  [[nodiscard]] std::optional<Value> get(std::string_view key) const;
  /// The same; notes an error if it is missing.
  [[nodiscard]] std::optional<Value> require(std::string_view key, const std::string& example) const;
  /// Notes every key that is not in `known`.
  void only_keys(const std::vector<std::string>& known) const;
  /// Items of a list; of anything else, itself as the only item.
  [[nodiscard]] std::vector<Value> items() const;
  /// Keys and values of a map.
  [[nodiscard]] std::vector<std::pair<const Node::Entry*, Value>> entries() const;

 private:
  Reading* reading_;
  const Node* node_;
  std::string path_;
};

}  // namespace bitgate

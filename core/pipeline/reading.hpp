// Taking values out of a YAML tree: every mistake is noted with its place and reading goes on, so
// that a user sees all mistakes at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/diagnostics.hpp"
#include "pipeline/node.hpp"

namespace bitgate {

/// Collects what is wrong with one file.
class Reading {
 public:
  explicit Reading(std::string file) : file_(std::move(file)) {}

  /// Throws ConfigError once there are kMostMistakes.
  void error(Position at, const std::string& path, const std::string& message);
  [[nodiscard]] bool clean() const { return diagnostics_.empty(); }
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
  /// Whether nothing was found wrong anywhere so far.
  [[nodiscard]] bool clean() const { return reading_->clean(); }
  void error(const std::string& message) const;

  /// Notes an error unless this is a map (a list) of at most 1000 entries.
  [[nodiscard]] bool is_map(const char* example) const;
  [[nodiscard]] bool is_list(const char* example) const;
  /// The text of a scalar that is neither a number nor a boolean. `wanted` describes it for the
  /// message: "a name, e.g. cpu_simd".
  [[nodiscard]] std::optional<std::string> text(const std::string& wanted) const;
  /// Notes an error if the text of a scalar holds "${": it would reach a plugin as it stands.
  [[nodiscard]] bool refused_interpolation() const;
  /// true or false, and nothing that merely looks like it.
  [[nodiscard]] std::optional<bool> boolean() const;
  /// A decimal integer without quotes.
  [[nodiscard]] std::optional<std::uint64_t> integer(std::uint64_t least, std::uint64_t most) const;
  /// One of a few words.
  [[nodiscard]] std::optional<std::string> word(const std::vector<std::string>& words) const;

  /// The value of a key of a map, if it is there and not null.
  [[nodiscard]] std::optional<Value> get(std::string_view key) const;
  /// The same; notes an error if the key is missing.
  [[nodiscard]] std::optional<Value> require(std::string_view key,
                                             const std::string& example) const;
  /// Notes every key that is not in `known`, and every known one that has no value.
  void only_keys(const std::vector<std::string>& known) const;
  /// Items of a list; of anything else, itself as the only item. Notes those that are there twice
  /// and leaves them out.
  [[nodiscard]] std::vector<Value> different_items() const;
  /// Items of a list.
  [[nodiscard]] std::vector<Value> items() const;
  /// Keys and values of a map.
  [[nodiscard]] std::vector<std::pair<const Node::Entry*, Value>> entries() const;

 private:
  [[nodiscard]] bool few(std::size_t count, const char* what) const;

  Reading* reading_;
  const Node* node_;
  std::string path_;
};

/// Whether a YAML 1.1 reader takes this for a boolean though 1.2 does not: yes, no, on, off, y, n.
bool is_old_boolean(std::string_view text);

/// "a, b, c", with "…" after the twelfth.
std::string listed(const std::vector<std::string>& words);

/// What to write for an unknown word: " (did you mean 'x'?)", else "; there are a, b", else "; "
/// and the advice for when there is none.
std::string instead_of(const std::string& word, const std::vector<std::string>& known,
                       const std::string& if_none);

}  // namespace bitgate

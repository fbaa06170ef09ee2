// The bytes of a document: which are allowed, and where a line and column lie in them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/node.hpp"

namespace bitgate {

/// The first control character other than tab and line feed: its offset and its name, "U+001B".
std::optional<std::pair<std::size_t, std::string>> find_control(std::string_view text);

class SourceText {
 public:
  /// Throws ConfigError for bytes that are not UTF-8 and for control characters; CR is allowed
  /// before LF, and a byte order mark at the start is dropped. `text` must outlive this object.
  SourceText(std::string_view text, const std::string& file);

  [[nodiscard]] std::string_view text() const { return text_; }
  /// From a line and a column in bytes, both from 0, as the parser counts.
  [[nodiscard]] Position position(int line, int column) const;
  /// Whether "~" or "null" is written there.
  [[nodiscard]] bool has_null_at(int line, int column) const;
  /// The column, from 1, of a tab in the indentation of a line counted from 1; 0: there is none.
  [[nodiscard]] int tab_in_indentation(int line) const;

 private:
  /// Without its end; empty beyond the text. From 0.
  [[nodiscard]] std::string_view line(int number) const;

  std::string_view text_;
  std::vector<std::size_t> starts_;  // offset of each line

  /// Where the last position was: the next one is near it, and a line can be a megabyte long.
  struct Last {
    int line = -1;
    std::size_t bytes = 0;
    int characters = 0;
  };
  mutable Last last_;
};

}  // namespace bitgate

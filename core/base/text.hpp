// Small helpers for messages.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bitgate {

/// The candidate nearest to `word` by edit distance, if it is near enough to be a slip of the pen:
/// at most a third of the longer word's length.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

/// " (did you mean 'x'?)", or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

/// Whether a pattern with the wildcards * (any text) and ? (any character) matches this text whole.
bool wildcard_matches(std::string_view pattern, std::string_view text);

/// Whether a filter names this text: it contains `pattern`, or matches it whole if the pattern has
/// the wildcards * (any text) or ? (any character).
bool filter_matches(std::string_view pattern, std::string_view text);

struct Character {
  char32_t code;      ///< U+FFFD for a byte that begins no well-formed UTF-8 sequence
  std::size_t bytes;  ///< that it takes; 1 for such a byte
};
/// The character at the front of a text, which isn't empty.
Character first_character(std::string_view text);

/// Valid UTF-8: bytes that are not become U+FFFD.
std::string to_utf8(std::string_view bytes);

/// The longest start of `text` of at most `most` bytes (at least 4) that cuts no UTF-8 character.
std::string_view utf8_prefix(std::string_view text, std::size_t most);

}  // namespace bitgate

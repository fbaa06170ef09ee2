// Tokens that are looked for in a text as they are, before anything else is done with it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "model/tokenizer_vocabulary.hpp"

namespace bitgate::model {

class SpecialTokens {
 public:
  /// All tokens of these kinds. `vocabulary` must live as long.
  SpecialTokens(const Vocabulary& vocabulary, std::initializer_list<TokenKind> kinds);

  /// The token of exactly this text.
  [[nodiscard]] std::optional<std::int32_t> whole(std::string_view text) const;

  /// Calls on_text(text) for what lies between, if anything does, and on_token(id).
  template <typename OnText, typename OnToken>
  void split(std::string_view text, const OnText& on_text, const OnToken& on_token) const {
    while (!text.empty()) {
      const Found found = first(text);
      if (found.begin > 0) on_text(text.substr(0, found.begin));
      if (found.id == kNoToken) return;
      on_token(found.id);
      text.remove_prefix(found.begin + vocabulary_->bytes(found.id).size());
    }
  }

 private:
  struct Found {
    std::size_t begin;  ///< the text's end if there is none
    std::int32_t id;
  };
  /// The leftmost; of several there the longest.
  [[nodiscard]] Found first(std::string_view text) const;

  const Vocabulary* vocabulary_;
  std::array<std::vector<std::int32_t>, 256> by_byte_;  ///< by their first; the longest first
};

}  // namespace bitgate::model

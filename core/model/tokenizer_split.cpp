#include "model/tokenizer_split.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/text.hpp"
#include "model/unicode_classes.hpp"

namespace bitgate::model {
namespace {

using enum CharacterClass;

struct Unit {
  char32_t code;
  CharacterClass kind;
  std::size_t begin;  ///< in the text
};

/// The text's characters and where a piece that begins at one of them ends.
class Splitter {
 public:
  explicit Splitter(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const Character character = first_character(text.substr(at));
      units_.push_back({character.code, classify(character.code), at});
      at += character.bytes;
    }
    end_ = units_.size();
  }

  [[nodiscard]] std::size_t size() const { return end_; }
  [[nodiscard]] std::size_t begin_of(std::size_t unit) const { return units_[unit].begin; }

  [[nodiscard]] std::size_t piece_end(std::size_t at) const {
    if (const std::size_t end = contraction(at); end > at) return end;
    const CharacterClass kind = units_[at].kind;
    const bool leads = kind == kSpace || kind == kOther;
    if (const std::size_t from = leads ? at + 1 : at; is(from, kLetter)) return run(from, kLetter);
    if (kind == kNumber) return std::min(run(at, kNumber), at + 3);
    if (const std::size_t from = code(at) == U' ' ? at + 1 : at; is(from, kOther)) {
      return run(run(from, kOther), kNewline);
    }
    return white_space(at);
  }

 private:
  [[nodiscard]] bool is(std::size_t unit, CharacterClass kind) const {
    return unit < end_ && units_[unit].kind == kind;
  }
  /// The end of the units of one kind from here on.
  [[nodiscard]] std::size_t run(std::size_t unit, CharacterClass kind) const {
    while (is(unit, kind)) ++unit;
    return unit;
  }
  /// 0 behind the end
  [[nodiscard]] char32_t code(std::size_t unit) const {
    return unit < end_ ? units_[unit].code : U'\0';
  }
  [[nodiscard]] char32_t lower(std::size_t unit) const {
    const char32_t c = code(unit);
    if (c == U'\u017F') return U's';
    return c >= U'A' && c <= U'Z' ? c - U'A' + U'a' : c;
  }

  [[nodiscard]] std::size_t contraction(std::size_t at) const {
    if (code(at) != U'\'') return at;
    const char32_t one = lower(at + 1);
    const char32_t two = lower(at + 2);
    if (one == U's' || one == U't' || one == U'm' || one == U'd') return at + 2;
    const bool pair = (one == U'r' && two == U'e') || (one == U'v' && two == U'e') ||
                      (one == U'l' && two == U'l');
    return pair ? at + 3 : at;
  }

  /// The last three alternatives. `at` is white space.
  [[nodiscard]] std::size_t white_space(std::size_t at) const {
    std::size_t end = at;
    std::size_t behind_newline = at;
    while (is(end, kSpace) || is(end, kNewline)) {
      ++end;
      if (units_[end - 1].kind == kNewline) behind_newline = end;
    }
    if (behind_newline > at) return behind_newline;
    // The last one goes with what follows.
    return end < end_ && end - at > 1 ? end - 1 : end;
  }

  std::vector<Unit> units_;
  std::size_t end_ = 0;
};

}  // namespace

void split_llama_bpe(std::string_view text,
                     const std::function<void(std::string_view piece)>& on_piece) {
  const Splitter splitter(text);
  for (std::size_t at = 0; at < splitter.size();) {
    const std::size_t end = splitter.piece_end(at);
    const std::size_t begin = splitter.begin_of(at);
    const std::size_t past = end < splitter.size() ? splitter.begin_of(end) : text.size();
    on_piece(text.substr(begin, past - begin));
    at = end;
  }
}

}  // namespace bitgate::model

// What the pre-tokenizers' regular expressions ask of a character.
#pragma once

namespace bitgate::model {

enum class CharacterClass {
  kLetter,   ///< \p{L}: general category L
  kNumber,   ///< \p{N}: general category N
  kNewline,  ///< [\r\n], which is whitespace too
  kSpace,    ///< other whitespace: the rest of \s, Unicode's White_Space
  kOther,
};

/// Of a code point of Unicode 16.0; of anything else kOther.
CharacterClass classify(char32_t code);

}  // namespace bitgate::model

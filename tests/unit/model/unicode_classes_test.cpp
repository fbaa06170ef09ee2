// Ends of ranges, and characters that other definitions class otherwise.
#include "model/unicode_classes.hpp"

#include <string_view>

#include "support/catch.hpp"

using bitgate::model::CharacterClass;
using bitgate::model::classify;

namespace {

void check(CharacterClass wanted, std::u32string_view codes) {
  for (const char32_t code : codes) {
    INFO("U+" << std::hex << static_cast<unsigned>(code));
    CHECK(classify(code) == wanted);
  }
}

}  // namespace

TEST_CASE("characters have the classes of Unicode") {
  check(CharacterClass::kLetter, U"AZazªµºÀÖØöøŁßſǅʰאب中あ가\U00010400\U00020000\U000323AF");
  check(CharacterClass::kNumber, U"09²³¹¼½¾٠९Ⅷ①〇㊿\U0001D7D8");
  check(CharacterClass::kNewline, U"\r\n");
  check(CharacterClass::kSpace,
        U"\t\v\f \u0085\u00A0\u1680\u2000\u200A\u2028\u2029\u202F\u205F\u3000");
  // Marks, format characters, separators of C0, symbols, private use, and what is no character.
  check(CharacterClass::kOther,
        U"@[`{\u00D7\u0301\u200B\u180E\uFEFF\u001C\u001F\u007F😀\uE000\uFFFD");
  check(CharacterClass::kOther, std::u32string_view(U"\0", 1));
  CHECK(classify(0xD800) == CharacterClass::kOther);
  CHECK(classify(0x110000) == CharacterClass::kOther);
}

#include "base/text.hpp"

#include <vector>

#include "support/catch.hpp"

using namespace bitgate;

namespace {

const std::vector<std::string> kWords = {"precision", "min_samples", "max_time"};
const std::string kReplacement = "\xEF\xBF\xBD";

}  // namespace

TEST_CASE("The nearest word is found through a slip of the pen") {
  CHECK(nearest("precison", kWords) == "precision");       // one left out
  CHECK(nearest("min_sampels", kWords) == "min_samples");  // two exchanged
  CHECK(nearest("max-time", kWords) == "max_time");
  const std::vector<std::string> short_words = {"path", "name"};
  CHECK(nearest("paht", short_words) == "path");
  CHECK(nearest("nmae", short_words) == "name");
  CHECK(nearest("precision", kWords) == "precision");
}

TEST_CASE("A word that is far from all has no nearest") {
  CHECK_FALSE(nearest("backends", kWords).has_value());
  CHECK_FALSE(nearest("", kWords).has_value());
  CHECK_FALSE(nearest("precision", {}).has_value());
  // Three of nine letters are the most that may differ.
  CHECK(nearest("precixxxn", kWords) == "precision");
  CHECK_FALSE(nearest("precxxxxn", kWords).has_value());
}

TEST_CASE("A megabyte that is near to nothing is answered at once") {
  const std::vector<std::string> words(1000, std::string(64, 'w'));
  CHECK_FALSE(nearest(std::string(1'000'000, 'w'), words).has_value());
}

TEST_CASE("Of two words equally near the first is taken") {
  const std::vector<std::string> words = {"cold", "gold"};
  CHECK(nearest("bold", words) == "cold");
}

TEST_CASE("did_you_mean is a suggestion or nothing") {
  CHECK(did_you_mean("precison", kWords) == " (did you mean 'precision'?)");
  CHECK(did_you_mean("backends", kWords).empty());
}

TEST_CASE("Valid UTF-8 stays as it is") {
  for (const std::string text :
       {"", "plain\n\ttext", "Grüße", "→ 日本語", "😀", "\xF4\x8F\xBF\xBF"}) {
    CHECK(to_utf8(text) == text);
  }
}

TEST_CASE("Bytes that are no UTF-8 are replaced one by one") {
  CHECK(to_utf8("a\xFF"
                "b") == "a" + kReplacement + "b");
  CHECK(to_utf8("\x80") == kReplacement);
  CHECK(to_utf8("\xE2\x86") == kReplacement + kReplacement);  // cut short
  CHECK(to_utf8("\xC3(") == kReplacement + "(");
  CHECK(to_utf8("\xC0\xAF") == kReplacement + kReplacement);  // overlong '/'
  CHECK(to_utf8("\xE0\x80\xAF") == kReplacement + kReplacement + kReplacement);
  CHECK(to_utf8("\xED\xA0\x80") == kReplacement + kReplacement + kReplacement);  // surrogate
  CHECK(to_utf8("\xF0\x80\x80\xAF") == kReplacement + kReplacement + kReplacement + kReplacement);
  CHECK(to_utf8("\xF4\x90\x80\x80") ==
        kReplacement + kReplacement + kReplacement + kReplacement);  // above U+10FFFF
}

TEST_CASE("the first character of a text, and bytes that begin none") {
  const auto first = [](std::string_view text) {
    const Character character = first_character(text);
    return std::pair(character.code, character.bytes);
  };
  CHECK(first("ab") == std::pair(U'a', std::size_t{1}));
  CHECK(first("äb") == std::pair(U'ä', std::size_t{2}));
  CHECK(first("€b") == std::pair(U'€', std::size_t{3}));
  CHECK(first("😀b") == std::pair(U'😀', std::size_t{4}));
  CHECK(first("\U0010FFFF") == std::pair(U'\U0010FFFF', std::size_t{4}));
  for (const char* broken : {"\x80", "\xE2\x82", "\xED\xA0\x80", "\xC0\xAF", "\xFFz"}) {
    CHECK(first(broken) == std::pair(U'\uFFFD', std::size_t{1}));
  }
}

TEST_CASE("A prefix of text cuts no character") {
  const std::string text = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80";  // 1, 2, 3 and 4 bytes
  CHECK(utf8_prefix(text, 10) == text);
  CHECK(utf8_prefix(text, 9) == text.substr(0, 6));
  CHECK(utf8_prefix(text, 7) == text.substr(0, 6));
  CHECK(utf8_prefix(text, 6) == text.substr(0, 6));
  CHECK(utf8_prefix(text, 5) == text.substr(0, 3));
  // What is no UTF-8 is cut anywhere, but it is cut.
  CHECK(utf8_prefix(std::string(20, '\x80'), 10).size() >= 7);
}

TEST_CASE("a filter is a part of the text, or a pattern for all of it") {
  CHECK(filter_matches("simd", "kernels@simd"));
  CHECK_FALSE(filter_matches("scalar", "kernels@simd"));
  CHECK(filter_matches("k*@simd", "kernels@simd"));
  CHECK(filter_matches("*@si?d", "kernels@simd"));
  CHECK_FALSE(filter_matches("*@si?", "kernels@simd"));
  CHECK(filter_matches("", "anything"));
}

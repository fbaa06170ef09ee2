#include "model/unicode_classes.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace bitgate::model {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

#include "model/unicode_classes.inc"

// Few enough to be written down, and settled: Unicode 16.0, PropList.txt.
constexpr std::array<Range, 10> kWhiteSpace = {{
    {0x9, 0xD},
    {0x20, 0x20},
    {0x85, 0x85},
    {0xA0, 0xA0},
    {0x1680, 0x1680},
    {0x2000, 0x200A},
    {0x2028, 0x2029},
    {0x202F, 0x202F},
    {0x205F, 0x205F},
    {0x3000, 0x3000},
}};

bool holds(std::span<const Range> ranges, char32_t code) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), code,
                       [](char32_t value, const Range& range) { return value < range.first; });
  return after != ranges.begin() && code <= std::prev(after)->last;
}

}  // namespace

CharacterClass classify(char32_t code) {
  if (code == U'\r' || code == U'\n') return CharacterClass::kNewline;
  if (holds(kLetters, code)) return CharacterClass::kLetter;
  if (holds(kNumbers, code)) return CharacterClass::kNumber;
  return holds(kWhiteSpace, code) ? CharacterClass::kSpace : CharacterClass::kOther;
}

}  // namespace bitgate::model

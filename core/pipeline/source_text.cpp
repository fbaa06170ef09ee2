#include "pipeline/source_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace bitgate {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

}  // namespace

std::optional<std::pair<std::size_t, std::string>> find_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F) {
      return std::pair(i, fmt::format("U+{:04X}", byte));
    }
    // U+0080 to U+009F: terminals obey them too.
    if (byte == 0xC2 && i + 1 < text.size()) {
      const auto next = static_cast<unsigned char>(text[i + 1]);
      if (next >= 0x80 && next < 0xA0) return std::pair(i, fmt::format("U+{:04X}", next));
    }
  }
  return std::nullopt;
}

SourceText::SourceText(std::string_view text, const std::string& file) : text_(text) {
  if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') starts_.push_back(i + 1);
  }
  const auto fail = [&](std::size_t offset, const std::string& message) {
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
    const Position at = position(static_cast<int>(next - starts_.begin()) - 1,
                                 static_cast<int>(offset - *(next - 1)));
    throw ConfigError({{file, at.line, at.column, "", message}});
  };

  const std::string clean = to_utf8(text_);
  const auto differ = std::mismatch(text_.begin(), text_.end(), clean.begin(), clean.end()).first;
  if (differ != text_.end()) {
    fail(static_cast<std::size_t>(differ - text_.begin()),
         "a byte that is not UTF-8; save the file as UTF-8");
  }
  for (std::size_t from = 0;;) {
    const auto control = find_control(text_.substr(from));
    if (!control) break;
    const std::size_t offset = from + control->first;
    if (text_.substr(offset, 2) != "\r\n") {
      fail(offset, fmt::format("control character {}; take it out", control->second));
    }
    from = offset + 1;
  }
}

Position SourceText::position(int line_number, int column) const {
  const std::string_view all = line(line_number);
  const std::size_t wanted = std::min(all.size(), static_cast<std::size_t>(std::max(column, 0)));
  if (last_.line != line_number) last_ = {line_number, 0, 0};
  const auto count = [&](std::size_t from, std::size_t to) {
    const std::string_view part = all.substr(from, to - from);
    return static_cast<int>(std::count_if(part.begin(), part.end(), begins_character));
  };
  if (wanted >= last_.bytes) {
    last_.characters += count(last_.bytes, wanted);
  } else {
    last_.characters -= count(wanted, last_.bytes);
  }
  last_.bytes = wanted;
  return {line_number + 1, last_.characters + 1};
}

bool SourceText::has_null_at(int line_number, int column) const {
  const std::string_view all = line(line_number);
  if (column < 0 || static_cast<std::size_t>(column) >= all.size()) return false;
  const std::string_view rest = all.substr(static_cast<std::size_t>(column));
  return rest.starts_with('~') || rest.starts_with("null") || rest.starts_with("Null") ||
         rest.starts_with("NULL");
}

int SourceText::tab_in_indentation(int line_number) const {
  const std::string_view text = line(line_number - 1);
  const std::size_t indentation = text.find_first_not_of(' ');
  if (indentation == std::string_view::npos || text[indentation] != '\t') return 0;
  return static_cast<int>(indentation) + 1;
}

std::string_view SourceText::line(int number) const {
  if (number < 0 || static_cast<std::size_t>(number) >= starts_.size()) return {};
  const std::size_t start = starts_[static_cast<std::size_t>(number)];
  const std::string_view rest = text_.substr(start);
  return rest.substr(0, std::min(rest.find('\n'), rest.size()));
}

}  // namespace bitgate

#include "text.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace console {
namespace {

using bitgate::code_point_of;
using bitgate::code_points;

/// Roughly Unicode's East Asian Width: the blocks whose characters terminals draw double.
std::size_t columns_of(std::string_view bytes) {
  const std::uint32_t c = code_point_of(bytes);
  const bool combining =
      (c >= 0x300 && c <= 0x36F) || c == 0x200B || c == 0x200D || (c >= 0xFE00 && c <= 0xFE0F);
  if (combining) return 0;
  const bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
                    (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
                    (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
                    (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
  return wide ? 2 : 1;
}

std::string prefix(std::string_view text, std::size_t columns) {
  std::string out;
  std::size_t used = 0;
  for (const std::string_view point : code_points(text)) {
    used += columns_of(point);
    if (used > columns) break;
    out += point;
  }
  return out;
}

std::string suffix(std::string_view text, std::size_t columns) {
  const std::vector<std::string_view> points = code_points(text);
  std::size_t used = 0;
  std::size_t first = points.size();
  while (first > 0 && used + columns_of(points[first - 1]) <= columns) {
    used += columns_of(points[--first]);
  }
  std::string out;
  for (; first < points.size(); ++first) out += points[first];
  return out;
}

}  // namespace

std::string ascii(std::string_view text) {
  std::string out;
  for (const std::string_view point : code_points(text)) {
    if (point.size() == 1) {
      out += point;
    } else if (point == "→") {
      out += "->";
    } else {
      out += std::string(columns_of(point), '?');
    }
  }
  return out;
}

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

std::size_t width(std::string_view text) {
  std::size_t total = 0;
  for (const std::string_view point : code_points(text)) total += columns_of(point);
  return total;
}

std::string left(std::string_view text, std::size_t columns) {
  const std::size_t used = width(text);
  return std::string(text) + std::string(columns > used ? columns - used : 0, ' ');
}

std::string right(std::string_view text, std::size_t columns) {
  const std::size_t used = width(text);
  return std::string(columns > used ? columns - used : 0, ' ') + std::string(text);
}

std::string cut(std::string_view text, std::size_t columns, bool unicode) {
  if (width(text) <= columns) return std::string(text);
  const std::string mark = unicode ? "…" : "...";
  return prefix(text, columns - std::min(columns, width(mark))) + mark;
}

std::string cut_middle(std::string_view text, std::size_t columns, bool unicode) {
  if (width(text) <= columns) return std::string(text);
  const std::string mark = unicode ? "…" : "...";
  const std::size_t room = columns - std::min(columns, width(mark));
  return prefix(text, room / 2) + mark + suffix(text, room - room / 2);
}

std::string wrapped(std::string_view text, std::size_t columns, std::string_view indent) {
  std::string out;
  const std::size_t room = std::max<std::size_t>(columns, width(indent) + 20) - width(indent);
  while (width(text) > room) {
    std::string line = prefix(text, room);
    const std::size_t space = line.rfind(' ');
    if (space != std::string::npos && space > 0) line.resize(space);
    out += std::string(indent) + line + "\n";
    text.remove_prefix(line.size());
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  }
  return out + std::string(indent) + std::string(text) + "\n";
}

}  // namespace console

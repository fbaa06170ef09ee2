// Foreign text and numbers in reports: names come from pipelines, words from plugins, and both may
// hold anything. For reporters; needs only the standard library. Texts are valid UTF-8, as the
// host's documents are.
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bitgate {

/// The code points of a text; each keeps its bytes.
inline std::vector<std::string_view> code_points(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    std::size_t size = 1;
    while (size < text.size() && (static_cast<std::uint8_t>(text[size]) & 0xC0) == 0x80) ++size;
    out.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return out;
}

/// The number of one code point.
inline std::uint32_t code_point_of(std::string_view bytes) {
  const auto lead = static_cast<std::uint8_t>(bytes[0]);
  if (bytes.size() == 1) return lead;
  std::uint32_t value = lead & (0xFFU >> (bytes.size() + 1));
  for (const char c : bytes.substr(1)) value = value << 6 | (static_cast<std::uint8_t>(c) & 0x3FU);
  return value;
}

/// Whether terminals and browsers act on it instead of showing it: C0, DEL and C1.
inline bool is_control(std::uint32_t c) { return c < 0x20 || (c >= 0x7F && c <= 0x9F); }

/// Whether it makes the text around it appear in another order.
inline bool reorders_text(std::uint32_t c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/// Without control characters, which become "\xNN", and without those that reorder text: "?".
inline std::string printable(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const std::string_view point : code_points(text)) {
    const std::uint32_t c = code_point_of(point);
    if (is_control(c)) {
      out += "\\x";
      out += kDigits[c >> 4 & 0xF];
      out += kDigits[c & 0xF];
    } else if (reorders_text(c)) {
      out += '?';
    } else {
      out += point;
    }
  }
  return out;
}

/// The same text with no line that a CI system takes for a command: "::" that begins one becomes
/// "\x3a:".
inline std::string without_commands(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    // GitHub's runner looks for commands behind leading spaces, too.
    const bool command = line_begins && text.substr(i, 2) == "::";
    out += command ? std::string_view("\\x3a") : text.substr(i, 1);
    line_begins = text[i] == '\n' || (line_begins && (text[i] == ' ' || text[i] == '\t'));
  }
  return out;
}

/// "skipped: unavailable: no device"; a reason that begins with the status is said once.
inline std::string with_reason(std::string_view status, std::string_view reason) {
  if (reason.empty() || reason == status) return std::string(status);
  if (reason.starts_with(std::string(status) + ":")) return std::string(reason);
  return std::string(status) + ": " + std::string(reason);
}

/// At most `most` code points; a longer text ends in "…".
inline std::string shortened(std::string_view text, std::size_t most) {
  std::size_t points = 0;
  std::size_t keep = 0;  // bytes of the first most - 1 code points
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<std::uint8_t>(text[i]) & 0xC0) == 0x80) continue;
    if (++points == most) keep = i;
    if (points > most) return std::string(text.substr(0, keep)) + "…";
  }
  return std::string(text);
}

/// Four significant digits in fixed notation with a decimal point, whatever the locale: "216.5",
/// "0.0000001302". `value` is finite.
inline std::string fixed_text(double value) {
  if (value == 0) return "0";
  const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value))));
  const int decimals = exponent < 3 ? 3 - exponent : 0;
  std::array<char, 800> text{};  // 309 digits of the largest double, 327 decimals of the smallest
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 std::chars_format::fixed, decimals);
  std::string out(text.data(), end.ptr);
  if (out.find('.') == std::string::npos) return out;
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

/// A gate's or metric's value with its unit, in plain ASCII: "216.5 us", "25x", "+5.1%", "76.3%",
/// "237.2 Gop/s". The unit is one of a receipt's: shares ("1") from 0.001 on are shown in percent.
inline std::string quantity_text(double value, std::string_view unit) {
  if (unit == "ns") {
    const double size = std::abs(value);
    if (size >= 1e9) return fixed_text(value / 1e9) + " s";
    if (size >= 1e6) return fixed_text(value / 1e6) + " ms";
    if (size >= 1e3) return fixed_text(value / 1e3) + " us";
    return fixed_text(value) + " ns";
  }
  if (unit == "x") return fixed_text(value) + "x";
  if (unit == "%") return (value > 0 ? "+" : "") + fixed_text(value * 100) + "%";
  if (unit == "1") return value >= 0.001 ? fixed_text(value * 100) + "%" : fixed_text(value);
  if (unit == "count" || unit.empty()) return fixed_text(value);
  return fixed_text(value) + " " + std::string(unit);
}

}  // namespace bitgate

#include "style.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace console {
namespace {

/// Fixed notation with three significant digits for 0.001 … 999999, else as %g has it.
std::string significant(double value) {
  std::array<char, 32> text{};
  const double size = std::abs(value);
  int decimals = 0;
  if (size != 0 && size < 99.95) decimals = size < 0.9995 ? 3 : (size < 9.995 ? 2 : 1);
  if (size != 0 && (size < 0.001 || size >= 1e6)) {
    std::snprintf(text.data(), text.size(), "%.3g", value);
  } else {
    std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  }
  return text.data();
}

}  // namespace

std::string Style::paint(std::string_view code, std::string_view text) const {
  if (!color) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

std::string Style::bar(double share, std::size_t width) const {
  share = std::clamp(share, 0.0, 1.0);
  if (!unicode) {
    const auto full = static_cast<std::size_t>(std::lround(share * static_cast<double>(width)));
    return std::string(full, '#') + std::string(width - full, '.');
  }
  static constexpr std::array<std::string_view, 8> kEighths = {"",  "▏", "▎", "▍",
                                                               "▌", "▋", "▊", "▉"};
  auto eighths = static_cast<std::size_t>(std::lround(share * 8 * static_cast<double>(width)));
  if (share > 0) eighths = std::max<std::size_t>(eighths, 1);
  std::string out;
  for (std::size_t i = 0; i < eighths / 8; ++i) out += "█";
  out += kEighths[eighths % 8];
  const std::size_t used = (eighths + 7) / 8;
  return out + std::string(width - used, ' ');
}

std::string time_text(double ns, bool unicode) {
  if (ns < 999.5) return significant(ns) + " ns";
  if (ns < 999.5e3) return significant(ns / 1e3) + (unicode ? " µs" : " us");
  if (ns < 999.5e6) return significant(ns / 1e6) + " ms";
  return significant(ns / 1e9) + " s";
}

std::string rate_text(double value, std::string_view unit) {
  return significant(value) + " " + std::string(unit);
}

std::string percent_text(double share) {
  std::array<char, 32> text{};
  const double percent = share * 100;
  std::snprintf(text.data(), text.size(), std::abs(percent) < 9.95 ? "%.1f%%" : "%.0f%%", percent);
  return text.data();
}

std::string number_text(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e6) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.0f", value);
    return text.data();
  }
  return significant(value);
}

std::string duration_text(double seconds) {
  const long whole = std::max(0L, std::lround(seconds));
  if (whole < 60) return std::to_string(whole) + " s";
  return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
}

}  // namespace console

#include "pipeline/units.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace bitgate {
namespace {

template <class Value, std::size_t N>
using Units = std::array<std::pair<std::string_view, Value>, N>;

/// The text before the unit that it ends with, and the unit's factor. Longer units come first in
/// the list, so that "ms" is not taken for "s".
template <class Value, std::size_t N>
std::optional<std::pair<std::string_view, Value>> split_unit(std::string_view text,
                                                             const Units<Value, N>& units) {
  for (const auto& [unit, factor] : units) {
    if (text.ends_with(unit)) return std::pair(text.substr(0, text.size() - unit.size()), factor);
  }
  return std::nullopt;
}

std::optional<double> before(std::string_view text, char unit) {
  if (!text.ends_with(unit)) return std::nullopt;
  text.remove_suffix(1);
  return parse_number(text);
}

/// Takes the digits off the front; false if there are none.
bool take_digits(std::string_view& text) {
  const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(count);
  return count > 0;
}

/// [-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?
bool is_number(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  if (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9') return false;
  if (!take_digits(text)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  return text.empty();
}

}  // namespace

std::optional<std::uint64_t> parse_integer(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<double> parse_number(std::string_view text) {
  if (!is_number(text)) return std::nullopt;
  if (text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<double> parse_nanoseconds(std::string_view text) {
  static constexpr Units<double, 5> kUnits = {
      {{"ns", 1.0}, {"us", 1e3}, {"ms", 1e6}, {"min", 60e9}, {"s", 1e9}}};
  const auto parts = split_unit(text, kUnits);
  const auto value = parts ? parse_number(parts->first) : std::nullopt;
  return value ? std::optional(*value * parts->second) : std::nullopt;
}

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const std::optional<double> value = parse_nanoseconds(text);
  constexpr double kWeek = 7 * 24 * 3600e9;
  if (!value || *value < 1 || *value > kWeek) return std::nullopt;
  return std::chrono::nanoseconds(std::llround(*value));
}

std::optional<double> parse_percent(std::string_view text) {
  const std::optional<double> value = before(text, '%');
  return value ? std::optional(*value / 100) : std::nullopt;
}

std::optional<double> parse_ratio(std::string_view text) { return before(text, 'x'); }

std::optional<std::uint64_t> parse_size(std::string_view text) {
  static constexpr Units<std::uint64_t, 4> kUnits = {
      {{"KiB", 1U << 10}, {"MiB", 1U << 20}, {"GiB", 1U << 30}, {"B", 1}}};
  const auto parts = split_unit(text, kUnits);
  const auto value = parts ? parse_integer(parts->first) : std::nullopt;
  std::uint64_t bytes = 0;
  if (!value || __builtin_mul_overflow(*value, parts->second, &bytes)) return std::nullopt;
  return bytes;
}

std::optional<Shape> parse_shape(std::string_view text) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 20;
  const std::size_t cross = text.find('x');
  if (cross == std::string_view::npos) return std::nullopt;
  const auto rows = parse_integer(text.substr(0, cross));
  const auto cols = parse_integer(text.substr(cross + 1));
  if (!rows || !cols || *rows == 0 || *cols == 0 || *rows > kMost || *cols > kMost) {
    return std::nullopt;
  }
  return Shape{*rows, *cols};
}

}  // namespace bitgate

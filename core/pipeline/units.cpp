#include "pipeline/units.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace bitgate {
namespace {

template <class Value, std::size_t N>
using Units = std::array<std::pair<std::string_view, Value>, N>;

/// The text before the unit that it ends with, and the unit's factor. Longer units come first in the
/// list, so that "ms" is not taken for "s".
template <class Value, std::size_t N>
std::optional<std::pair<std::string_view, Value>> split_unit(std::string_view text,
                                                             const Units<Value, N>& units) {
  for (const auto& [unit, factor] : units) {
    if (text.size() > unit.size() && text.ends_with(unit)) {
      return std::pair(text.substr(0, text.size() - unit.size()), factor);
    }
  }
  return std::nullopt;
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
  if (text.empty() || text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) {
    return std::nullopt;
  }
  if (text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  static constexpr Units<double, 5> kUnits = {
      {{"ns", 1.0}, {"us", 1e3}, {"ms", 1e6}, {"min", 60e9}, {"s", 1e9}}};
  const auto parts = split_unit(text, kUnits);
  if (!parts) return std::nullopt;
  const std::optional<double> value = parse_number(parts->first);
  constexpr double kMostNs = 7 * 24 * 3600e9;
  if (!value || *value <= 0 || *value * parts->second > kMostNs) return std::nullopt;
  return std::chrono::nanoseconds(std::llround(*value * parts->second));
}

std::optional<double> parse_percent(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  const std::optional<double> value = parse_number(text.substr(0, text.size() - 1));
  return value ? std::optional(*value / 100) : std::nullopt;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  static constexpr Units<std::uint64_t, 4> kUnits = {
      {{"KiB", 1U << 10}, {"MiB", 1U << 20}, {"GiB", 1U << 30}, {"B", 1}}};
  const auto parts = split_unit(text, kUnits);
  if (!parts) return std::nullopt;
  const std::optional<std::uint64_t> value = parse_integer(parts->first);
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

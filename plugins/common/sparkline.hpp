// A series of numbers as one line of blocks.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sparkline {

/// The values from the least to the largest in eight steps, as blocks or as the digits 1 to 8; all
/// the same: in the middle. Of more than `columns` values each stands for several: their median.
inline std::string text(const std::vector<double>& values, std::size_t columns, bool unicode) {
  constexpr std::array<std::string_view, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::array<std::string_view, 8> kDigits = {"1", "2", "3", "4", "5", "6", "7", "8"};
  const std::size_t count = std::min(values.size(), columns);
  std::vector<double> shown;
  for (std::size_t i = 0; i < count; ++i) {
    const auto from = values.begin() + static_cast<std::ptrdiff_t>(i * values.size() / count);
    const auto to = values.begin() + static_cast<std::ptrdiff_t>((i + 1) * values.size() / count);
    std::vector<double> part(from, to);
    const auto middle = part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2);
    std::nth_element(part.begin(), middle, part.end());
    shown.push_back(*middle);
  }
  if (shown.empty()) return "";
  const auto [least, most] = std::minmax_element(shown.begin(), shown.end());
  std::string out;
  for (const double value : shown) {
    const double height = *most > *least ? (value - *least) / (*most - *least) : 0.5;
    const auto step = std::min(static_cast<std::size_t>(height * 8), std::size_t{7});
    out += (unicode ? kBlocks : kDigits).at(step);
  }
  return out;
}

}  // namespace sparkline

// How things look: colours, symbols, bars and numbers.
#pragma once

#include <string>
#include <string_view>

namespace console {

struct Style {
  bool color = false;
  bool unicode = true;
  std::size_t columns = 100;

  [[nodiscard]] std::string bold(std::string_view text) const { return paint("1", text); }
  [[nodiscard]] std::string dim(std::string_view text) const { return paint("2", text); }
  [[nodiscard]] std::string red(std::string_view text) const { return paint("31", text); }
  [[nodiscard]] std::string green(std::string_view text) const { return paint("32", text); }
  [[nodiscard]] std::string yellow(std::string_view text) const { return paint("33", text); }

  /// `share` of `columns`, in eighths of a column where there is Unicode. Above 1 it is full.
  [[nodiscard]] std::string bar(double share, std::size_t columns) const;
  [[nodiscard]] std::string separator() const { return unicode ? " · " : " - "; }

 private:
  [[nodiscard]] std::string paint(std::string_view code, std::string_view text) const;
};

/// Three significant digits and the unit that fits: "54.1 µs".
std::string time_text(double ns, bool unicode);
/// "237 Gop/s", "28.4 GB/s"
std::string rate_text(double value, std::string_view unit);
/// "62%"
std::string percent_text(double share);
/// Three significant digits, without an exponent where that is readable.
std::string number_text(double value);
/// "41 s", "2 min 5 s"
std::string duration_text(double seconds);

}  // namespace console

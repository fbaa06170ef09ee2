// Text as it appears on a terminal.
#pragma once

#include <bitgate/report_text.hpp>

#include <string>
#include <string_view>

namespace console {

// Names come from files that anybody wrote.
using bitgate::printable;
using bitgate::with_reason;
using bitgate::without_commands;

/// For terminals without Unicode: arrows become "->", other characters one "?" for each column.
std::string ascii(std::string_view text);

/// What stands before the first line break.
std::string_view first_line(std::string_view text);

/// Columns that the text takes: code points, wide East Asian ones twice, combining ones not.
std::size_t width(std::string_view text);

/// Padded with spaces to `columns`.
std::string left(std::string_view text, std::size_t columns);
std::string right(std::string_view text, std::size_t columns);

/// At most `columns` wide; what does not fit is cut at the end, or in the middle, and marked.
std::string cut(std::string_view text, std::size_t columns, bool unicode);
std::string cut_middle(std::string_view text, std::size_t columns, bool unicode);

/// Lines of at most `columns`, broken at spaces where there are any.
std::string wrapped(std::string_view text, std::size_t columns, std::string_view indent);

}  // namespace console

// Text as it appears on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace console {

/// Without control characters, which become "\xNN": names come from files that anybody wrote.
std::string printable(std::string_view text);

/// For terminals without Unicode: arrows become "->", other characters one "?" for each column.
std::string ascii(std::string_view text);

/// What stands before the first line break.
std::string_view first_line(std::string_view text);

/// "skipped: unavailable: no device"; the code of an error is its status and said once. Only the
/// first line of the reason.
std::string with_reason(std::string_view status, std::string_view reason);

/// The same text with no line that a CI system takes for a command: "::" that begins one becomes
/// "\x3a:".
std::string without_commands(std::string_view text);

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

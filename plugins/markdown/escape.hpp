// Foreign text in Markdown, as GitHub and its like render it: it appears as it is, and does
// nothing.
#pragma once

#include <string>
#include <string_view>

namespace markdown {

/// Inside a sentence or a table's cell, at most `most` characters: no Markdown, HTML, table or
/// formula, and nobody is mentioned and nothing linked. One line.
std::string prose(std::string_view text, std::size_t most = 300);

/// A table's cell or a line of a list that programs read too: as `prose`, but what is harmless
/// where it stands, such as parentheses or the _ of "i2_s", stays readable in the source.
std::string cell(std::string_view text, std::size_t most = 300);

/// The same as <code>, which can be copied without the invisible characters that stop mentions.
std::string code(std::string_view text, std::size_t most = 300);

}  // namespace markdown

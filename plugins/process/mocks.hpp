// Signs that a command made its numbers up.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace process {

/// The first line of what a command printed that holds one of these words, empty if none does.
/// Words are compared without case and end where letters and digits end: mock_i2s holds mock,
/// mockall does not.
std::string mock_line(std::string_view text, const std::vector<std::string>& words);

/// The first place of a document that says so: a text that holds one of the words, or a key that
/// does and whose value is not false, null, 0 or empty. "backend: mock-cpu"; empty if there is
/// none.
std::string mock_place(const nlohmann::ordered_json& document,
                       const std::vector<std::string>& words);

/// What is wrong with times that no clock gives; empty if nothing is.
std::string made_up(const std::vector<double>& times_ns);

}  // namespace process

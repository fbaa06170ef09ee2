// A receipt as a Markdown document: the verdict, the gates, the cases, the evidence.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace markdown {

/// What comments may be long on GitHub, less room for what is written around the document.
constexpr std::size_t kMostBytes = 65'000;

/// At most kMostBytes; rows that don't fit are left out and counted. `sha256` is the receipt's.
std::string document(const nlohmann::ordered_json& receipt, std::string_view sha256);

}  // namespace markdown

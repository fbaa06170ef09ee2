// How numbers moved over many receipts, as a Markdown document.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace markdown {

/// Of a document of schema bitgate.trend/1: changes first, then all series, at most kMostBytes;
/// rows that don't fit are left out and counted.
std::string trend(const nlohmann::ordered_json& document);

}  // namespace markdown

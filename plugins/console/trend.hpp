// How numbers moved over many receipts, for people.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "style.hpp"

namespace console {

/// Of a document of schema bitgate.trend/1.
std::string trend(const nlohmann::ordered_json& document, const Style& style);

}  // namespace console

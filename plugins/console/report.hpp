// The receipt for people.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "style.hpp"

namespace console {

std::string report(const nlohmann::ordered_json& receipt, const Style& style);

}  // namespace console

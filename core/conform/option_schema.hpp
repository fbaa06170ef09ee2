// The part of JSON Schema draft-07 in which plugins describe their options.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace bitgate::conform {

/// Everything in which `schema` is no schema of that part, each with its JSON pointer:
/// "/properties/path/type: 'text' is no type". Empty if it is one.
std::vector<std::string> schema_mistakes(const nlohmann::json& schema);

}  // namespace bitgate::conform

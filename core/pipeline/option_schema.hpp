// The options of plugins against the JSON Schema in which each plugin describes its own. What
// schemas may use is a part of draft-07: type, properties, required, additionalProperties (true or
// false), items (one schema), enum, const, minimum, maximum, minLength, and the annotations title,
// description, default, examples. The value of an option with writeOnly is a secret, which is
// written as "${secret:NAME}", and nothing else is.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "pipeline/node.hpp"

namespace bitgate {

/// Where options were written, by JSON pointer; "" is the map of all of them, or its owner if there
/// is no map.
struct OptionPlaces {
  std::map<std::string, Position> values;
  std::map<std::string, Position> keys;
};

struct OptionMistake {
  std::string pointer;  ///< JSON pointer of the option
  bool at_key = false;  ///< it is the key that is wrong
  std::string message;  ///< ends with the fix
};

/// What is wrong with options under a schema. Keywords that are not listed above allow everything.
std::vector<OptionMistake> option_mistakes(const nlohmann::json& schema,
                                           const nlohmann::json& options);

/// What is wrong with a schema itself: "/properties/path: keyword 'pattern' is not supported; …".
std::vector<std::string> schema_mistakes(const nlohmann::json& schema);

/// A key as a part of a JSON pointer: "~" and "/" escaped.
std::string pointer_token(std::string key);

/// "path", "rows[1].name": a JSON pointer as pipelines write paths.
std::string dotted(const std::string& pointer);

}  // namespace bitgate

// What both kinds of fuzzing do with an input.
#pragma once

#include <string_view>

#include "pipeline/expand.hpp"
#include "pipeline/reader.hpp"

namespace bitgate::test {

/// Reads the text as a pipeline and expands it. True if it is one, false if it was refused with a
/// ConfigError; anything else that is thrown goes on, and is a bug.
inline bool read_any(std::string_view text) {
  try {
    const Pipeline pipeline = parse_pipeline(text, "fuzz.yaml");
    return expand(pipeline).size() <= 100'000;
  } catch (const ConfigError&) {
    return false;
  }
}

}  // namespace bitgate::test

// From a YAML file to a Pipeline, strictly: see docs/pipeline.md for the language.
#pragma once

#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/diagnostics.hpp"
#include "pipeline/pipeline.hpp"

namespace bitgate {

/// Changes from the command line, applied before anything is checked.
struct Overrides {
  std::map<std::string, std::vector<std::string>> axes;  ///< "-a batch=1,128": axis -> values
  std::optional<std::uint64_t> seed;
};

/// Reads and checks the text of a pipeline; `file` names it in messages, and `path` stays empty.
/// Throws ConfigError and nothing else.
Pipeline parse_pipeline(std::string_view text, const std::string& file,
                        const Overrides& overrides = {});

/// Reads and checks a pipeline file. Throws ConfigError with up to 20 diagnostics sorted by
/// position.
Pipeline read_pipeline(const std::filesystem::path& path, const Overrides& overrides = {});

}  // namespace bitgate

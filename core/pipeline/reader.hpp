// From a YAML file to a Pipeline, strictly: see docs/pipeline.md for the language.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/diagnostics.hpp"
#include "pipeline/pipeline.hpp"

namespace bitgate {

/// Changes from the command line, applied before anything is checked.
struct Overrides {
  std::map<std::string, std::vector<std::string>> axes;  ///< "-a batch=1,128": axis -> values
  std::optional<std::uint64_t> seed;                     ///< of every suite that makes something
  std::optional<std::uint64_t> tokens;  ///< compute.tokens of every generating suite
  /// "--set suites.x.load.path=model.gguf": path in the document -> its new value, as YAML. Where
  /// it is the path of a file, it is relative to the current directory.
  std::vector<std::pair<std::string, std::string>> values;
};

/// Reads and checks the text of a pipeline; `file` names it in messages, and `path` stays empty.
/// Throws ConfigError and nothing else.
Pipeline parse_pipeline(std::string_view text, const std::string& file,
                        const Overrides& overrides = {});

/// The same for the text of the file at `path`, in whose directory its relative paths are; the file
/// need not be there.
Pipeline parse_pipeline_of(const std::filesystem::path& path, std::string_view text,
                           const Overrides& overrides = {});

/// Reads and checks a pipeline file. Throws ConfigError with up to 20 diagnostics sorted by
/// position.
Pipeline read_pipeline(const std::filesystem::path& path, const Overrides& overrides = {});

}  // namespace bitgate

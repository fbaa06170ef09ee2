// .bitgate.yaml: what a repository says for all pipelines that are run in it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "pipeline/pipeline.hpp"

namespace bitgate {

inline constexpr const char* kRepositoryFile = ".bitgate.yaml";

/// Puts the reporters of this text and its file of targets in the place of the pipeline's, and its
/// routes over them, key by key. `path` is the file's; plugins with a path and the file of targets
/// are relative to its directory. Throws ConfigError with up to 20 diagnostics.
void apply_repository_file(std::string_view text, const std::filesystem::path& path,
                           Pipeline& pipeline);

}  // namespace bitgate

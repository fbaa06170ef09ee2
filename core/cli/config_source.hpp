// --config-from: where the files that decide about a change are read from.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/command_line.hpp"

namespace bitgate::cli {

/// --config-from.
void add_config_source(po::options_description& options);

/// Whether the command line names a git ref to read pipeline and lock from.
bool has_config_ref(const po::variables_map& values);

/// The file as that ref of this directory's git repository has it, whatever lies in the working
/// tree. Throws UsageError if there is no such ref or no such file in it.
std::string read_from_ref(const po::variables_map& values, const std::filesystem::path& file);

/// The same; nothing if the ref has no such file.
std::optional<std::string> find_in_ref(const po::variables_map& values,
                                       const std::filesystem::path& file);

}  // namespace bitgate::cli

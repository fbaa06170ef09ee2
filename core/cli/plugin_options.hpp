// Options of all commands that look for plugins: where they may come from and which they may be.
#pragma once

#include <filesystem>

#include "cli/command_line.hpp"
#include "worker/search.hpp"

namespace bitgate::cli {

/// --plugin, --trust-dir.
po::options_description search_options();
/// --trust-dir, of commands that are given a plugin's file.
po::options_description trust_options();
/// --locked, --lock.
po::options_description lock_options();

/// The lock file beside a pipeline, or the one named by --lock.
std::filesystem::path lock_path(const po::variables_map& values,
                                const std::filesystem::path& pipeline);

/// The plugins that the command line names, and those of the usual places. Throws UsageError,
/// worker::NotFound.
worker::Catalog search_plugins(const po::variables_map& values);

/// The directories that the command line trusts. Throws UsageError.
worker::Trust trust_of(const po::variables_map& values);

/// What the command line says of plugins. Throws UsageError.
worker::SearchOptions plugin_rules(const po::variables_map& values);
/// The same under the lock of this pipeline, if the command line asks for it.
worker::SearchOptions plugin_rules(const po::variables_map& values,
                                   const std::filesystem::path& pipeline);

}  // namespace bitgate::cli

// Finding plugin files. Nothing of a plugin is executed here.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "worker/elf_note.hpp"
#include "worker/lock.hpp"
#include "worker/trust.hpp"

namespace bitgate::worker {

/// A plugin in a file that this host can load.
struct PluginFile {
  std::filesystem::path path;  ///< canonical, absolute
  std::string sha256;
  Identity identity;
  std::filesystem::path trusted_by = {};  ///< the trusted directory that it needed, if it did
  std::size_t place = 0;                  ///< which of the places searched, in order
};

/// A file or directory that was looked at and can't be used.
struct RejectedFile {
  std::filesystem::path path;
  std::string why;
};

/// What a user may say about plugins.
struct SearchOptions {
  std::vector<std::filesystem::path> files;  ///< found before anything else
  Trust trust;
  std::optional<Lock> lock;  ///< only plugins that it pins
};

struct Catalog {
  std::vector<std::filesystem::path> searched;  ///< places in order, also those that don't exist
  std::vector<PluginFile> plugins;              ///< in search order: the first of an id wins
  std::vector<RejectedFile> rejected;
  SearchOptions options;
};

/// Directories in order: BITGATE_PLUGIN_PATH (colon-separated, absolute entries only; ignored in a
/// privileged process), then ../lib/bitgate/plugins beside the running executable. Never the
/// working directory, never recursive.
std::vector<std::filesystem::path> search_directories();

/// Thrown when a plugin can't be found; the message lists what was tried and why it did not do.
class NotFound : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Thrown when the lock objects to a plugin that was found.
class NotPinned : public NotFound {
 public:
  using NotFound::NotFound;
};

/// The given files, then every *.so of these directories, sorted by name within each. Throws
/// NotFound if one of the given files can't be used.
Catalog search(const std::vector<std::filesystem::path>& directories, SearchOptions options = {});

/// The plugin of this id and kind ("backend", "reporter"). Throws NotFound, also if one place holds
/// the id twice, and NotPinned if the lock objects.
PluginFile find_plugin(const Catalog& catalog, const std::string& id, const std::string& kind);

/// All plugins of a given file, at least one. Throws NotFound with the reason why there is none.
std::vector<PluginFile> plugins_in(const std::filesystem::path& path, const Trust& trust = {});

/// The one plugin of `kind` in a given file, judged by the same options.
PluginFile plugin_at(const std::filesystem::path& path, const std::string& kind,
                     const SearchOptions& options = {});

/// How a lock knows the plugin.
Pin pin_of(const PluginFile& plugin);

}  // namespace bitgate::worker

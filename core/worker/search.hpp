// Finding plugin files. Nothing of a plugin is executed here.
#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "worker/elf_note.hpp"

namespace bitgate::worker {

/// A plugin in a file that this host can load.
struct PluginFile {
  std::filesystem::path path;  ///< canonical, absolute
  std::string sha256;
  Identity identity;
};

/// A file that was looked at and can't be used.
struct RejectedFile {
  std::filesystem::path path;
  std::string why;
};

struct Catalog {
  std::vector<std::filesystem::path>
      searched;                     ///< directories in order, also those that don't exist
  std::vector<PluginFile> plugins;  ///< in search order: the first of an id wins
  std::vector<RejectedFile> rejected;
};

/// Directories in order: BITGATE_PLUGIN_PATH (colon-separated, absolute entries only; ignored in a
/// privileged process), then ../lib/bitgate/plugins beside the running executable. Never the
/// working directory, never recursive.
std::vector<std::filesystem::path> search_directories();

/// Every *.so of these directories, sorted by name within each.
Catalog search(const std::vector<std::filesystem::path>& directories);

/// Thrown when a plugin can't be found; the message lists what was tried and why it did not do.
class NotFound : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The plugin of this id and kind ("backend", "reporter"). Throws NotFound, also if one directory
/// holds the id twice.
PluginFile find_plugin(const Catalog& catalog, const std::string& id, const std::string& kind);

/// All plugins of a given file, at least one. Throws NotFound with the reason why there is none.
std::vector<PluginFile> plugins_in(const std::filesystem::path& path);

/// The one plugin of `kind` in a given file.
PluginFile plugin_at(const std::filesystem::path& path, const std::string& kind);

}  // namespace bitgate::worker

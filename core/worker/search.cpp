#include "worker/search.hpp"

#include <bitgate/abi.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/sha256.hpp"
#include "base/text.hpp"

namespace bitgate::worker {
namespace {

namespace fs = std::filesystem;

/// Why this host can't load a plugin of this identity; empty if it can.
std::string incompatibility(const Identity& identity) {
  if (identity.abi_major != BG_ABI_MAJOR) {
    return fmt::format("plugin {} is built for ABI {}, this host speaks {}.{}: rebuild the plugin",
                       identity.id, identity.abi(), BG_ABI_MAJOR, BG_ABI_MINOR);
  }
  if (identity.min_host_minor > BG_ABI_MINOR) {
    return fmt::format("plugin {} needs ABI {}.{}, this host has {}.{}: upgrade bitgate or rebuild",
                       identity.id, identity.abi_major, identity.min_host_minor, BG_ABI_MAJOR,
                       BG_ABI_MINOR);
  }
  return {};
}

/// The file's plugins and rejections, added to the catalog.
void look_at(const fs::path& file, std::size_t place, Catalog& catalog) {
  const auto known = [&](const fs::path& path) {
    return std::any_of(catalog.plugins.begin(), catalog.plugins.end(),
                       [&](const PluginFile& plugin) { return plugin.path == path; });
  };
  try {
    const Trust& trust = catalog.options.trust;
    const fs::path path = fs::canonical(file);
    if (known(path)) return;
    const std::vector<Identity> identities = read_identities(path);
    // The directory of a link says who can point it elsewhere.
    std::string objection = trust.objection_to_directory(fs::canonical(file.parent_path()));
    if (objection.empty()) objection = trust.objection(path);
    const fs::path trusted_by = objection.empty() ? fs::path() : trust.trusted_by(path);
    if (!objection.empty() && trusted_by.empty()) throw std::runtime_error(objection);
    const std::string digest = sha256_file(path);
    for (const Identity& identity : identities) {
      const std::string why = incompatibility(identity);
      if (why.empty()) {
        catalog.plugins.push_back({path, digest, identity, trusted_by, place});
      } else {
        catalog.rejected.push_back({path, why});
      }
    }
  } catch (const fs::filesystem_error& error) {
    catalog.rejected.push_back({file, error.code().message()});
  } catch (const std::exception& error) {
    catalog.rejected.push_back({file, error.what()});
  }
}

/// The *.so files of a directory; of one that can't be used, a rejection.
void look_into(const fs::path& directory, std::size_t place, Catalog& catalog) {
  if (!directory.is_absolute()) {
    catalog.rejected.push_back({directory,
                                "is a relative entry of BITGATE_PLUGIN_PATH: write an "
                                "absolute one"});
    return;
  }
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".so") files.push_back(it->path());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    catalog.rejected.push_back({directory, error.message()});
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) look_at(file, place, catalog);
}

/// A file that the user named. A bare name is refused: to other programs it would mean a search.
void look_at_named(const fs::path& file, Catalog& catalog) {
  if (!file.has_parent_path()) {
    throw NotFound(
        fmt::format("plugin file {0}: write ./{0} if you mean a file of the working "
                    "directory",
                    file.string()));
  }
  look_at(fs::absolute(file), 0, catalog);
  if (!catalog.rejected.empty()) {
    throw NotFound(fmt::format("plugin file {}: {}", file.string(), catalog.rejected.front().why));
  }
}

void require_pinned(const PluginFile& plugin, const std::optional<Lock>& lock) {
  if (!lock) return;
  const std::string objection = lock->objection(pin_of(plugin), plugin.path);
  if (!objection.empty()) throw NotPinned(objection);
}

std::string tried(const Catalog& catalog) {
  std::string text = "\n  looked in:";
  for (const fs::path& place : catalog.searched) {
    std::error_code ignored;
    text += fmt::format("\n    {}{}", place.string(),
                        fs::exists(place, ignored) ? "" : " (does not exist)");
  }
  for (const RejectedFile& file : catalog.rejected) {
    text += fmt::format("\n  rejected: {}: {}", file.path.string(), file.why);
  }
  return text;
}

}  // namespace

std::vector<fs::path> search_directories() {
  std::vector<fs::path> directories;
  if (const char* listed = ::secure_getenv("BITGATE_PLUGIN_PATH")) {
    std::string_view rest = listed;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(':'), rest.size());
      const fs::path entry(rest.substr(0, end));
      if (!entry.empty()) directories.push_back(entry);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  const fs::path executable = fs::read_symlink("/proc/self/exe");
  directories.push_back(executable.parent_path().parent_path() / "lib/bitgate/plugins");
  return directories;
}

Catalog search(const std::vector<fs::path>& directories, SearchOptions options) {
  Catalog catalog;
  catalog.options = std::move(options);
  for (const fs::path& file : catalog.options.files) {
    catalog.searched.push_back(file);
    look_at_named(file, catalog);
  }
  for (const fs::path& directory : directories) {
    catalog.searched.push_back(directory);
    look_into(directory, catalog.searched.size(), catalog);
  }
  return catalog;
}

PluginFile find_plugin(const Catalog& catalog, const std::string& id, const std::string& kind) {
  const PluginFile* found = nullptr;
  std::vector<std::string> known;
  for (const PluginFile& plugin : catalog.plugins) {
    if (plugin.identity.kind != kind) continue;
    known.push_back(plugin.identity.id);
    if (plugin.identity.id != id) continue;
    if (found == nullptr) {
      found = &plugin;
    } else if (found->place == plugin.place) {
      throw NotFound(fmt::format("{} plugin '{}' is ambiguous: {} and {}: remove one", kind, id,
                                 found->path.string(), plugin.path.string()));
    }
  }
  if (found == nullptr) {
    throw NotFound(
        fmt::format("no {} plugin '{}'{}{}", kind, id, did_you_mean(id, known), tried(catalog)));
  }
  require_pinned(*found, catalog.options.lock);
  return *found;
}

std::vector<PluginFile> plugins_in(const fs::path& path, const Trust& trust) {
  Catalog catalog;
  catalog.options.trust = trust;
  look_at(fs::absolute(path), 0, catalog);
  if (catalog.plugins.empty()) {
    throw NotFound(fmt::format("{}: {}", path.string(), catalog.rejected.front().why));
  }
  return catalog.plugins;
}

PluginFile plugin_at(const fs::path& path, const std::string& kind, const SearchOptions& options) {
  Catalog catalog;
  catalog.options = options;
  look_at(fs::absolute(path), 0, catalog);
  std::vector<PluginFile> fitting;
  for (PluginFile& plugin : catalog.plugins) {
    if (plugin.identity.kind == kind) fitting.push_back(std::move(plugin));
  }
  if (!catalog.rejected.empty() && fitting.empty()) {
    throw NotFound(fmt::format("{}: {}", path.string(), catalog.rejected.front().why));
  }
  if (fitting.size() != 1) {
    throw NotFound(fmt::format("{}: holds {} {} plugins, name a file with exactly one",
                               path.string(), fitting.size(), kind));
  }
  require_pinned(fitting.front(), options.lock);
  return fitting.front();
}

Pin pin_of(const PluginFile& plugin) {
  return {plugin.identity.id, plugin.identity.kind, plugin.identity.version, plugin.sha256};
}

}  // namespace bitgate::worker

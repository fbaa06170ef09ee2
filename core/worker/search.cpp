#include "worker/search.hpp"

#include <bitgate/abi.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>

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

void look_at(const fs::path& file, Catalog& catalog) {
  try {
    const fs::path path = fs::canonical(file);
    const std::vector<Identity> identities = read_identities(path);
    const std::string digest = sha256_file(path);
    for (const Identity& identity : identities) {
      const std::string why = incompatibility(identity);
      if (why.empty()) {
        catalog.plugins.push_back({path, digest, identity});
      } else {
        catalog.rejected.push_back({path, why});
      }
    }
  } catch (const std::exception& error) {
    catalog.rejected.push_back({file, error.what()});
  }
}

std::string tried(const Catalog& catalog) {
  std::string text = "\n  looked in:";
  for (const fs::path& directory : catalog.searched) {
    std::error_code ignored;
    text += fmt::format("\n    {}{}", directory.string(),
                        fs::is_directory(directory, ignored) ? "" : " (does not exist)");
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
      if (entry.is_absolute()) directories.push_back(entry);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  const fs::path executable = fs::read_symlink("/proc/self/exe");
  directories.push_back(executable.parent_path().parent_path() / "lib/bitgate/plugins");
  return directories;
}

Catalog search(const std::vector<fs::path>& directories) {
  Catalog catalog;
  catalog.searched = directories;
  for (const fs::path& directory : directories) {
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::directory_iterator it(directory, error), end; !error && it != end;
         it.increment(error)) {
      if (it->path().extension() == ".so") files.push_back(it->path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) look_at(file, catalog);
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
    } else if (found->path.parent_path() == plugin.path.parent_path()) {
      throw NotFound(fmt::format("{} plugin '{}' is ambiguous: {} and {}: remove one", kind, id,
                                 found->path.string(), plugin.path.string()));
    }
  }
  if (found == nullptr) {
    throw NotFound(
        fmt::format("no {} plugin '{}'{}{}", kind, id, did_you_mean(id, known), tried(catalog)));
  }
  return *found;
}

std::vector<PluginFile> plugins_in(const fs::path& path) {
  Catalog catalog;
  look_at(path, catalog);
  if (catalog.plugins.empty()) {
    throw NotFound(fmt::format("{}: {}", path.string(), catalog.rejected.front().why));
  }
  return catalog.plugins;
}

PluginFile plugin_at(const fs::path& path, const std::string& kind) {
  Catalog catalog;
  look_at(path, catalog);
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
  return fitting.front();
}

}  // namespace bitgate::worker

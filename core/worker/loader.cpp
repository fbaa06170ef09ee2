#include "worker/loader.hpp"

#include <dlfcn.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>
#include <boost/dll/shared_library.hpp>

#include "base/sha256.hpp"
#include "worker/elf_note.hpp"
#include "worker/floating_point.hpp"

namespace bitgate::worker {
namespace {

std::string_view view(bg_str text) { return {text.data, text.size}; }

}  // namespace

bg_plugin_query_fn load_query(const std::filesystem::path& path, const std::string& sha256) {
  const FloatingPointGuard guard;
  if (sha256_file(path) != sha256) {
    throw std::runtime_error(
        fmt::format("{} changed after it was found: run again", path.string()));
  }
  using boost::dll::load_mode::type;
  const auto mode = static_cast<type>(RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  // A plugin's threads and statics may outlive any handle, so the library stays until the process
  // ends.
  auto library = std::make_unique<boost::dll::shared_library>(path, mode);
  if (!library->has(BG_QUERY_SYMBOL)) {
    throw std::runtime_error(fmt::format("{} does not export {}", path.string(), BG_QUERY_SYMBOL));
  }
  auto* const query =
      &library->get<const bg_plugin*(std::uint32_t, std::uint32_t)>(BG_QUERY_SYMBOL);
  static_cast<void>(library.release());
  return query;
}

const bg_plugin& load_plugin(const std::filesystem::path& path, const std::string& sha256,
                             const std::string& id) {
  const bg_plugin_query_fn query = load_query(path, sha256);
  const bg_plugin* found = nullptr;
  constexpr std::uint32_t kMostPlugins = 64;
  for (std::uint32_t index = 0; index < kMostPlugins && found == nullptr; ++index) {
    const bg_plugin* plugin = query(BG_ABI_MINOR, index);
    if (plugin == nullptr) break;
    if (view(plugin->id) == id) found = plugin;
  }
  if (found == nullptr) {
    throw std::runtime_error(
        fmt::format("{}: its note names plugin '{}', its query does not", path.string(), id));
  }
  if (found->struct_size < sizeof(bg_plugin)) {
    throw std::runtime_error(fmt::format("{}: plugin '{}' has a table of {} bytes, ABI 1.0 has {}",
                                         path.string(), id, found->struct_size, sizeof(bg_plugin)));
  }
  for (const Identity& identity : read_identities(path)) {
    if (identity.id != id) continue;
    const bg_kind kind = identity.kind == "backend" ? BG_KIND_BACKEND : BG_KIND_REPORTER;
    if (kind != found->kind || identity.version != view(found->version)) {
      throw std::runtime_error(
          fmt::format("{}: the note of plugin '{}' and its table disagree", path.string(), id));
    }
  }
  return *found;
}

}  // namespace bitgate::worker

// bitgate plugin list
#include <algorithm>

#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/plugin_commands.hpp"
#include "worker/search.hpp"

namespace bitgate::cli {

int plugin_list(const Arguments& arguments) {
  const Usage usage{"bitgate plugin list",
                    "Lists the plugins that would be found, in search order, and why files were "
                    "rejected.\nReads only the files' notes: no plugin code runs.",
                    "", 0};
  if (!parse(usage, {}, arguments)) return 0;
  const worker::Catalog catalog = worker::search(worker::search_directories());
  std::size_t width = 2;
  for (const worker::PluginFile& plugin : catalog.plugins) {
    width = std::max(width, plugin.identity.id.size());
  }
  fmt::print("{:<{}}  {:<8}  {:<8}  {:<4}  {:<12}  {}\n", "id", width, "kind", "version", "abi",
             "sha256", "file");
  for (const worker::PluginFile& plugin : catalog.plugins) {
    fmt::print("{:<{}}  {:<8}  {:<8}  {:<4}  {:<12}  {}\n", plugin.identity.id, width,
               plugin.identity.kind, plugin.identity.version, plugin.identity.abi(),
               plugin.sha256.substr(0, 12), plugin.path.string());
  }
  for (const worker::RejectedFile& file : catalog.rejected) {
    fmt::print("rejected: {}: {}\n", file.path.string(), file.why);
  }
  for (const auto& directory : catalog.searched) {
    fmt::print("searched: {}{}\n", directory.string(),
               std::filesystem::is_directory(directory) ? "" : " (does not exist)");
  }
  return 0;
}

}  // namespace bitgate::cli

// bitgate plugin list
#include <algorithm>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command_line.hpp"
#include "cli/plugin_commands.hpp"
#include "cli/plugin_options.hpp"
#include "worker/search.hpp"

namespace bitgate::cli {
namespace {

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

void print_table(const worker::Catalog& catalog) {
  std::size_t id = 2;
  std::size_t build = 5;
  for (const worker::PluginFile& plugin : catalog.plugins) {
    id = std::max(id, plugin.identity.id.size());
    build = std::max(build, plugin.identity.build.size());
  }
  const auto row = [&](auto... columns) {
    fmt::print("{:<{}}  {:<8}  {:<8}  {:<4}  {:<{}}  {:<12}  {}{}\n", columns...);
  };
  row("id", id, "kind", "version", "abi", "build", build, "sha256", "file", "");
  for (const worker::PluginFile& plugin : catalog.plugins) {
    const worker::Identity& identity = plugin.identity;
    const std::string note =
        plugin.trusted_by.empty()
            ? ""
            : fmt::format("  (trusted by --trust-dir {})", plugin.trusted_by.string());
    row(identity.id, id, identity.kind, identity.version, identity.abi(), identity.build, build,
        plugin.sha256.substr(0, 12), plugin.path.string(), note);
  }
  for (const worker::RejectedFile& file : catalog.rejected) {
    fmt::print("rejected: {}: {}\n", file.path.string(), file.why);
  }
  for (const auto& place : catalog.searched) {
    fmt::print("searched: {}{}\n", place.string(), is_there(place) ? "" : " (does not exist)");
  }
}

nlohmann::ordered_json to_json(const worker::Catalog& catalog) {
  using Json = nlohmann::ordered_json;
  Json plugins = Json::array();
  for (const worker::PluginFile& plugin : catalog.plugins) {
    const worker::Identity& identity = plugin.identity;
    Json entry = {{"id", identity.id},           {"kind", identity.kind},
                  {"version", identity.version}, {"abi", identity.abi()},
                  {"build", identity.build},     {"path", plugin.path.string()},
                  {"sha256", plugin.sha256},     {"trusted_by", nullptr}};
    if (!plugin.trusted_by.empty()) entry["trusted_by"] = plugin.trusted_by.string();
    plugins.push_back(std::move(entry));
  }
  Json rejected = Json::array();
  for (const worker::RejectedFile& file : catalog.rejected) {
    rejected.push_back({{"path", file.path.string()}, {"why", file.why}});
  }
  Json searched = Json::array();
  for (const auto& place : catalog.searched) {
    searched.push_back({{"path", place.string()}, {"exists", is_there(place)}});
  }
  return {{"plugins", std::move(plugins)},
          {"rejected", std::move(rejected)},
          {"searched", std::move(searched)}};
}

}  // namespace

int plugin_list(const Arguments& arguments) {
  po::options_description options = search_options();
  options.add_options()("json", "print JSON");
  const Usage usage{"bitgate plugin list [options]",
                    "Lists the plugins that would be found, in search order, and why files were "
                    "rejected.\nReads only the files' notes: no plugin code runs.",
                    "", 0};
  const auto values = parse(usage, options, arguments);
  if (!values) return 0;
  const worker::Catalog catalog = search_plugins(*values);
  if (values->count("json") == 0) {
    print_table(catalog);
  } else {
    fmt::print("{}\n",
               to_json(catalog).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  return 0;
}

}  // namespace bitgate::cli

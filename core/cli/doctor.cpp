// bitgate doctor
#include <bitgate/abi.h>

#include <fmt/format.h>

#include "base/version.hpp"
#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/plugin_options.hpp"
#include "measure/environment.hpp"
#include "receipt/receipt.hpp"
#include "worker/backend_client.hpp"
#include "worker/search.hpp"

namespace bitgate::cli {
namespace {

/// Opens a backend in a worker and prints its devices, or that this machine has none for it; false
/// if that did not work.
bool print_devices(const worker::PluginFile& plugin) {
  try {
    worker::BackendClient client(plugin, nlohmann::json::object(), {});
    fmt::print("ok    {} {} ({})\n", plugin.identity.id, plugin.identity.version,
               plugin.path.string());
    for (const worker::DeviceInfo& device : client.devices()) {
      fmt::print("        {:<16} {} units  {}\n", device.id, device.units, device.name);
    }
    return true;
  } catch (const worker::PluginError& error) {
    const bool absent = error.status() == BG_UNAVAILABLE;
    fmt::print("{}  {} ({}): {}\n", absent ? "none" : "fail", plugin.identity.id,
               plugin.path.string(), absent ? error.message() : error.what());
    return absent;
  } catch (const std::exception& error) {
    fmt::print("fail  {} ({}): {}\n", plugin.identity.id, plugin.path.string(), error.what());
    return false;
  }
}

}  // namespace

int doctor(const Arguments& arguments) {
  const Usage usage{"bitgate doctor [options]",
                    "Checks this machine and installation: what measurements will run on, what "
                    "disturbs them,\nand whether every plugin opens. Exit code 4 if something is "
                    "broken.",
                    "", 0};
  const auto values = parse(usage, search_options(), arguments);
  if (!values) return 0;
  fmt::print("bitgate {} ({}; {})\n\n", tool_version(), tool_git(), tool_build());
  const Environment environment = read_environment();
  for (const auto& [name, value] : environment.facts) fmt::print("      {:<20} {}\n", name, value);
  for (const std::string& warning : environment.warnings) fmt::print("warn  {}\n", warning);

  fmt::print("\n");
  const worker::Catalog catalog = search_plugins(*values);
  bool healthy = catalog.rejected.empty();
  bool backend = false;
  for (const worker::PluginFile& plugin : catalog.plugins) {
    if (plugin.identity.kind == "backend") {
      const bool opened = print_devices(plugin);
      healthy = healthy && opened;
      backend = true;
    } else {
      fmt::print("ok    {} {} ({})\n", plugin.identity.id, plugin.identity.version,
                 plugin.path.string());
    }
  }
  for (const worker::RejectedFile& file : catalog.rejected) {
    fmt::print("fail  {}: {}\n", file.path.string(), file.why);
  }
  for (const auto& directory : catalog.searched)
    fmt::print("      searched {}\n", directory.string());
  if (!backend) {
    fmt::print("fail  no backend plugin: install one, or set BITGATE_PLUGIN_PATH\n");
    healthy = false;
  }
  return healthy ? 0 : static_cast<int>(ExitCode::kFault);
}

}  // namespace bitgate::cli

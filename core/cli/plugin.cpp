// bitgate plugin: dispatches to its subcommands
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/command_line.hpp"
#include "cli/plugin_commands.hpp"

namespace bitgate::cli {
namespace {

struct Subcommand {
  std::string_view name;
  std::string_view summary;
  int (*call)(const Arguments&);
};

constexpr std::array kSubcommands = {
    Subcommand{"list", "list the plugins that would be found, and where", plugin_list},
    Subcommand{"lock", "pin the plugins of a pipeline", plugin_lock},
    Subcommand{"new", "write a small project for a new plugin", plugin_new},
};

void print_help() {
  fmt::print("usage: bitgate plugin SUBCOMMAND [arguments]\n\n");
  for (const Subcommand& known : kSubcommands)
    fmt::print("  {:<6} {}\n", known.name, known.summary);
  fmt::print("\n`bitgate plugin SUBCOMMAND --help` shows a subcommand's options.\n");
}

}  // namespace

int plugin(const Arguments& arguments) {
  if (arguments.empty()) throw UsageError("no subcommand; see bitgate plugin --help");
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h") {
    print_help();
    return 0;
  }
  const auto* found = std::find_if(kSubcommands.begin(), kSubcommands.end(),
                                   [&](const Subcommand& known) { return known.name == name; });
  if (found == kSubcommands.end()) {
    std::vector<std::string> names;
    for (const Subcommand& known : kSubcommands) names.emplace_back(known.name);
    throw UsageError(fmt::format("no subcommand '{}'{}; see bitgate plugin --help", name,
                                 did_you_mean(name, names)));
  }
  return found->call({arguments.begin() + 1, arguments.end()});
}

}  // namespace bitgate::cli

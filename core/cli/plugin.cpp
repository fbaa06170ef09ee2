// bitgate plugin: dispatches to its subcommands
#include <array>

#include "cli/plugin_commands.hpp"
#include "cli/subcommands.hpp"

namespace bitgate::cli {
namespace {

constexpr std::array kSubcommands = {
    Subcommand{"list", "list the plugins that would be found, and where", plugin_list},
    Subcommand{"lock", "pin the plugins of a pipeline", plugin_lock},
    Subcommand{"check", "check that a plugin keeps the rules", plugin_check},
    Subcommand{"new", "write a small project for a new plugin", plugin_new},
};

}  // namespace

int plugin(const Arguments& arguments) {
  return call_subcommand("plugin", kSubcommands, arguments);
}

}  // namespace bitgate::cli

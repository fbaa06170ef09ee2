// The subcommands of `bitgate plugin`, one file each.
#pragma once

#include "cli/commands.hpp"

namespace bitgate::cli {

int plugin_list(const Arguments& arguments);
int plugin_lock(const Arguments& arguments);
int plugin_new(const Arguments& arguments);

}  // namespace bitgate::cli

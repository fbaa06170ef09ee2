// Commands that have subcommands.
#pragma once

#include <span>
#include <string_view>

#include "cli/commands.hpp"

namespace bitgate::cli {

struct Subcommand {
  std::string_view name;
  std::string_view summary;
  int (*call)(const Arguments&);
};

/// Calls the subcommand that the first argument names, with the other arguments, or prints the help
/// of `command`. Throws UsageError for none and for an unknown one.
int call_subcommand(std::string_view command, std::span<const Subcommand> known,
                    const Arguments& arguments);

}  // namespace bitgate::cli

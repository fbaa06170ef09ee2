#include "cli/subcommands.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/command_line.hpp"

namespace bitgate::cli {
namespace {

void print_help(std::string_view command, std::span<const Subcommand> known) {
  fmt::print("usage: bitgate {} SUBCOMMAND [arguments]\n\n", command);
  for (const Subcommand& one : known) fmt::print("  {:<6} {}\n", one.name, one.summary);
  fmt::print("\n`bitgate {} SUBCOMMAND --help` shows a subcommand's options.\n", command);
}

}  // namespace

int call_subcommand(std::string_view command, std::span<const Subcommand> known,
                    const Arguments& arguments) {
  if (arguments.empty()) {
    throw UsageError(fmt::format("no subcommand; see bitgate {} --help", command));
  }
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h") {
    print_help(command, known);
    return 0;
  }
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const Subcommand& one) { return one.name == name; });
  if (found != known.end()) return found->call({arguments.begin() + 1, arguments.end()});
  std::vector<std::string> names;
  for (const Subcommand& one : known) names.emplace_back(one.name);
  throw UsageError(fmt::format("no subcommand '{}'{}; see bitgate {} --help", name,
                               did_you_mean(name, names), command));
}

}  // namespace bitgate::cli

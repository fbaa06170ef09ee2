#include "cli/command_line.hpp"

#include <iostream>

#include <fmt/format.h>

namespace bitgate::cli {

std::optional<po::variables_map> parse(const Usage& usage, const po::options_description& options,
                                       const Arguments& arguments) {
  po::options_description visible("Options");
  visible.add(options).add_options()("help,h", "show this help");
  po::options_description all;
  all.add(visible);
  po::positional_options_description positions;
  if (!usage.positional.empty()) {
    all.add_options()(usage.positional.c_str(), po::value<std::vector<std::string>>());
    positions.add(usage.positional.c_str(), usage.most_positionals);
  }
  po::variables_map values;
  try {
    // No abbreviations: a new option must not change what an old command line means.
    const auto style =
        po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(
        po::command_line_parser(arguments).options(all).positional(positions).style(style).run(),
        values);
    po::notify(values);
  } catch (const po::error& error) {
    throw UsageError(
        fmt::format("{}\nusage: {}\nSee --help for the options.", error.what(), usage.synopsis));
  }
  if (values.count("help") == 0) return values;
  std::cout << "usage: " << usage.synopsis << "\n\n" << usage.description << "\n\n" << visible;
  return std::nullopt;
}

}  // namespace bitgate::cli

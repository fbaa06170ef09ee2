// Options of the commands that compare backends without a pipeline.
#pragma once

#include <string>

#include "cli/command_line.hpp"

namespace bitgate::cli {

struct ComparisonOptions {
  std::string limit;  ///< a percentage from 0% on, as it is written in a gate
  std::string time;   ///< a duration
};

/// --limit, --time.
void add_comparison_options(po::options_description& options, const ComparisonOptions& defaults);

/// As the command line says. Throws UsageError for what is none.
ComparisonOptions comparison_options_of(const po::variables_map& values);

}  // namespace bitgate::cli

// Options of all commands that report: to whom.
#pragma once

#include <vector>

#include "cli/command_line.hpp"
#include "pipeline/pipeline.hpp"

namespace bitgate::cli {

/// --reporter, --json.
void add_reporter_options(po::options_description& options);

/// Those that the command line names, all required, instead of `others`; console if there are none
/// at all. --json adds one. Throws UsageError.
std::vector<ReporterSpec> reporters_of(const po::variables_map& values,
                                       std::vector<ReporterSpec> others);

}  // namespace bitgate::cli

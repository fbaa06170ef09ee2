// --context: what a run is about, where nothing else says it.
#pragma once

#include "cli/command_line.hpp"
#include "pipeline/pipeline.hpp"
#include "receipt/context.hpp"

namespace bitgate::cli {

void add_context_options(po::options_description& options);

/// What this process is asked about, for a pipeline or for none. Throws UsageError.
Context context_here(const po::variables_map& values, const Pipeline& pipeline = {});

}  // namespace bitgate::cli

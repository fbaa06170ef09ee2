// Conducts a run: cases through their workers, gates over the results, everything into a receipt.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/expand.hpp"
#include "pipeline/pipeline.hpp"
#include "receipt/receipt.hpp"
#include "worker/search.hpp"

namespace bitgate {

struct RunOptions {
  bool isolate = true;                  ///< false: plugins run in this process, for debuggers
  std::vector<std::string> argv;        ///< for the receipt
  std::string why_empty;                ///< for the verdict if there are no cases
  std::string filter;                   ///< that chose the cases, for the receipt
  worker::SearchOptions plugins;        ///< where plugins may come from
  std::optional<Context> context = {};  ///< what the run is about; the pipeline's scope is applied
};

/// Runs the cases and reports them to the pipeline's reporters. Ctrl-C (worker/interrupt.hpp) ends
/// it early with what was measured so far; until then reporters get a checkpoint after each case,
/// which is the receipt of a run that ended there. Throws ConfigError if the options of a plugin
/// are wrong, worker::NotPinned if the lock objects to one. The verdict's exit code is that of the
/// program; it is kFault if a required reporter failed.
Receipt conduct(const Pipeline& pipeline, std::span<const Case> cases, const RunOptions& options);

}  // namespace bitgate

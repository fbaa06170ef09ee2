// How the workers of a run are set up.
#pragma once

#include "pipeline/pipeline.hpp"
#include "worker/worker.hpp"

namespace bitgate {

/// Workers under these limits; what their plugins log goes to this program's log, what they write
/// to its stdout and stderr.
worker::WorkerOptions worker_setup(const Limits& limits, bool isolate);

}  // namespace bitgate

// A little of everything that a plugin does, for checks that look at what it did to its process.
#pragma once

#include <cstddef>
#include <memory>

#include "conform/bench.hpp"

namespace bitgate::conform {

/// Which of a backend's operations: every `parts`-th, from number `part` on.
struct Share {
  std::size_t part = 0;
  std::size_t parts = 1;
};

/// Uses the plugin that is open in this worker and closes it: a backend runs one small case of each
/// operation of the share on each of the setting's devices, a reporter is told of one run. What the
/// plugin refuses or gets wrong is not this function's concern. Throws worker::Fault, and
/// worker::PluginError if the plugin can't be closed.
void use_and_close(Bench& bench, std::unique_ptr<worker::Worker>& worker, Share share = {});

/// Skips the check if a worker dies of nothing but use: other checks say so, and what this one
/// looks for can't be seen.
void require_survival(Bench& bench);

}  // namespace bitgate::conform

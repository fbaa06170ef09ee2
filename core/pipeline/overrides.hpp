// The command line's changes to a pipeline.
#pragma once

#include "pipeline/node.hpp"
#include "pipeline/reader.hpp"

namespace bitgate {

/// Writes them into the tree, to be checked like everything else. Throws ConfigError for an axis
/// that there is not, and for a path that leads nowhere.
void apply_overrides(const Overrides& overrides, Node& root);

}  // namespace bitgate

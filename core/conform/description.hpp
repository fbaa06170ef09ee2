// What a plugin says of itself.
#pragma once

#include <nlohmann/json.hpp>

#include "conform/bench.hpp"

namespace bitgate::conform {

/// What describe wrote, parsed; discarded if it is no JSON. A failure of describe's goes to the
/// bench.
nlohmann::json description(Bench& bench);

}  // namespace bitgate::conform

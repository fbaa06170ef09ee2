// Which backends the features of a pipeline let run.
#pragma once

#include <string>

#include "pipeline/pipeline.hpp"

namespace bitgate {

/// Why a backend's cases are skipped, for people; empty if they run. Where no feature is on nothing
/// runs, not even a backend that needs none: what is measured is always somebody's choice.
std::string why_off(const Pipeline& pipeline, const BackendSpec& backend);

/// Where `features` is written and what to write there, if no feature is on: "gate.yaml:5:11:
/// features: …". Empty if one is.
std::string nothing_on(const Pipeline& pipeline);

}  // namespace bitgate

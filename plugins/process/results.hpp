// What a command left behind, as times of one execution.
#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "common/interop/interop.hpp"
#include "options.hpp"

namespace process {

using interop::Json;
using interop::Measured;

/// A document's results, and whose they are: the format of the options, or what "any" turned out
/// to be.
struct Results {
  std::string format;
  std::vector<Measured> measured;
};

/// Of every format but criterion. Throws std::runtime_error, and nlohmann's exceptions, for a
/// document that is not one of the format's.
Results read_results(const Options& options, const Json& document);

/// Of a directory of criterion's: its benchmark.json and sample.json. Throws likewise.
Measured read_criterion(const Json& benchmark, const Json& sample);

}  // namespace process

// The documents that benchmarking tools leave behind, as times of one execution.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "options.hpp"

namespace process {

/// What a tool says of one of its benchmarks.
struct Measured {
  std::string name;
  std::vector<double> times_ns;  ///< of one execution, as measured
  double amount = 0;             ///< processed in one execution; 0: it does not say
  std::string unit;              ///< of the amount: "tokens", "items", "bytes"
  std::string failure;           ///< what the tool itself says went wrong with it
};

/// The one of this name; nullptr if there is none.
Measured* find_measured(std::vector<Measured>& all, std::string_view name);

/// Of formats google-benchmark, llama-bench, hyperfine and json. Throws std::runtime_error, and
/// nlohmann's exceptions, for a document that is not one of the format's.
std::vector<Measured> read_results(const Options& options, const nlohmann::json& document);

/// Of a directory of criterion's: its benchmark.json and sample.json. Throws likewise.
Measured read_criterion(const nlohmann::json& benchmark, const nlohmann::json& sample);

}  // namespace process

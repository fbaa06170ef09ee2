// A run of a pipeline text, with its receipt.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/program.hpp"

namespace bitgate::test {

struct Run {
  Outcome outcome;
  nlohmann::json receipt;

  /// The case that ran on this backend.
  [[nodiscard]] const nlohmann::json& on(const std::string& backend) const {
    for (const auto& result : receipt.at("cases")) {
      if (result.at("backend") == backend) return result;
    }
    throw std::out_of_range("no case on " + backend);
  }
  /// The gate of this id.
  [[nodiscard]] const nlohmann::json& gate(const std::string& id) const {
    for (const auto& result : receipt.at("gates")) {
      if (result.at("id") == id) return result;
    }
    throw std::out_of_range("no gate " + id);
  }
};

/// Writes the pipeline to a directory of its own, runs it there and reads the receipt, if any.
inline Run run_pipeline(const std::string& pipeline, const std::vector<std::string>& more = {},
                        const Surroundings& around = {}) {
  const TemporaryDirectory directory;
  const std::string receipt = directory / "receipt.json";
  std::vector<std::string> arguments = {"run", directory.write("pipeline.yaml", pipeline), "--json",
                                        receipt};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Run run{run_bitgate(arguments, around), {}};
  if (std::ifstream in(receipt); in) run.receipt = nlohmann::json::parse(in);
  return run;
}

}  // namespace bitgate::test

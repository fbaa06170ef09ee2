// Running `bitgate plugin check` and reading what it found.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/program.hpp"

namespace bitgate::test {

struct Checked {
  Outcome outcome;
  nlohmann::json results;

  /// "status check" of every result that is neither pass nor skip, a line each, in order.
  [[nodiscard]] std::string objections() const;
  /// The result of one check.
  [[nodiscard]] const nlohmann::json& of(const std::string& check) const;
};

Checked check_plugin(const std::string& file, const std::vector<std::string>& more = {});

/// The zoo's device of this name.
Checked check_zoo(const std::string& device, const std::vector<std::string>& more = {});

/// A first-party plugin's file.
std::string first_party(const std::string& name);

/// The TOKEN of the first `bitgate repro TOKEN` in this result.
std::string token_in(const nlohmann::json& result);

}  // namespace bitgate::test

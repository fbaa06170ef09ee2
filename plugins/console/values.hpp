// Values out of a receipt, fit for a terminal.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "text.hpp"

namespace console {

inline std::string raw_text(const nlohmann::ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : "";
}
inline std::string text_of(const nlohmann::ordered_json& value) {
  return printable(raw_text(value));
}

/// The value of a case's metric, if it has one.
inline std::optional<double> metric(const nlohmann::ordered_json& result, const char* name) {
  const auto& metrics = result.at("metrics");
  const auto found = metrics.find(name);
  if (found == metrics.end() || !found->at("value").is_number()) return std::nullopt;
  return found->at("value").get<double>();
}

}  // namespace console

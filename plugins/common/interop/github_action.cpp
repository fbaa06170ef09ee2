// Source of the format: https://github.com/benchmark-action/github-action-benchmark, the README on
// the tools customBiggerIsBetter and customSmallerIsBetter.
#include <algorithm>

#include "common/interop/interop.hpp"

namespace interop {
namespace github_action {
namespace {

/// Ends the name of a case's time, as github_action_text writes it.
constexpr std::string_view kTime = " compute.time";

/// Other spellings of the units.
std::string unit_name(const std::string& unit) {
  if (unit == "\u00b5s" || unit == "\u03bcs") return "us";  // micro sign, Greek mu
  return unit;
}

}  // namespace

bool is_one(const Json& document) {
  return document.is_array() && !document.empty() &&
         std::all_of(document.begin(), document.end(), [](const Json& row) {
           return row.is_object() && row.contains("name") && row.contains("unit") &&
                  row.contains("value");
         });
}

std::vector<Measured> read(const Json& document) {
  std::vector<Measured> out;
  for (const Json& row : document) {
    auto name = row.at("name").get<std::string>();
    if (name.ends_with(kTime)) name.resize(name.size() - kTime.size());
    Measured& one = of_name(out, name);
    const auto unit_text = row.at("unit").get<std::string>();
    const Unit* unit = find_unit(unit_name(unit_text));
    if (unit == nullptr) {
      one.failure = "its unit '" + unit_text + "' is neither a time nor a known rate";
      continue;
    }
    add_value(one, *unit, row.at("value").get<double>());
  }
  return out;
}

}  // namespace github_action

std::string github_action_text(std::span<const Value> all) {
  Json out = Json::array();
  for (const Value& one : all) {
    Json row = {
        {"name", one.benchmark + " " + one.metric}, {"unit", one.unit}, {"value", one.value}};
    if (one.interval) {
      row["range"] = Json(one.interval->first).dump() + " .. " + Json(one.interval->second).dump();
    }
    out.push_back(std::move(row));
  }
  return out.dump(2) + "\n";
}

}  // namespace interop

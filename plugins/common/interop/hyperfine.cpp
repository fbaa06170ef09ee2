// Source of the format: https://github.com/sharkdp/hyperfine, --export-json: of versions 1 with
// "times", and of 2 ("schema_version": 2) with "measurements".
#include <stdexcept>

#include "common/interop/interop.hpp"
#include "common/interop/statistics.hpp"

namespace interop {
namespace hyperfine {
namespace {

constexpr double kNsPerSecond = 1e9;

void read_measurement(const Json& measurement, Measured& out) {
  const Json& time = measurement.at("time_wall_clock");
  if (time.at("unit") != "second") throw std::runtime_error("has a time in another unit");
  out.times_ns.push_back(time.at("value").get<double>() * kNsPerSecond);
}

}  // namespace

bool is_one(const Json& document) {
  if (!document.is_object()) return false;
  const auto results = document.find("results");
  return results != document.end() && results->is_array() && !results->empty() &&
         results->front().is_object() && results->front().contains("command");
}

std::vector<Measured> read(const Json& document) {
  const auto version = document.value("schema_version", 1);
  if (version != 1 && version != 2) {
    throw std::runtime_error("is of schema_version " + std::to_string(version) +
                             "; versions 1 and 2 are known");
  }
  std::vector<Measured> out;
  for (const Json& row : document.at("results")) {
    Measured& one = of_name(out, row.value("name", row.at("command").get<std::string>()));
    const auto ended = [&](const Json& code) {
      if (code != 0) one.failure = "a run of it ended with " + code.dump();
    };
    if (version == 1) {
      for (const Json& seconds : row.at("times")) {
        one.times_ns.push_back(seconds.get<double>() * kNsPerSecond);
      }
      for (const Json& code : row.value("exit_codes", Json::array())) ended(code);
      continue;
    }
    for (const Json& measurement : row.at("measurements")) {
      read_measurement(measurement, one);
      if (const auto code = measurement.find("exit_code"); code != measurement.end()) ended(*code);
    }
  }
  return out;
}

}  // namespace hyperfine

/// Of version 1, which most readers know. Without what was not measured: the processor's times,
/// and exit codes of what is no command.
std::string hyperfine_text(std::span<const Series> all) {
  Json results = Json::array();
  for (const Series& series : all) {
    std::vector<double> seconds;
    for (const double ns : series.measured.times_ns) seconds.push_back(ns / 1e9);
    if (seconds.empty()) continue;
    const auto [least, most] = std::minmax_element(seconds.begin(), seconds.end());
    results.push_back({{"command", series.measured.name},
                       {"mean", mean(seconds)},
                       {"stddev", seconds.size() > 1 ? Json(deviation(seconds)) : Json(nullptr)},
                       {"median", median(seconds)},
                       {"min", *least},
                       {"max", *most},
                       {"times", seconds}});
  }
  return Json{{"results", std::move(results)}}.dump(2) + "\n";
}

}  // namespace interop

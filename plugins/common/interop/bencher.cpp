// Source of the format: https://bencher.dev/docs/reference/bencher-metric-format, and for the
// units of the two measures that every project has, https://bencher.dev/docs/explanation/thresholds
// and docs/how-to/track-custom-benchmarks: latency is in nanoseconds, throughput in operations a
// second. The document names no units, so nothing is made of any other measure.
#include <algorithm>

#include "common/interop/interop.hpp"

namespace interop {
namespace bencher {
namespace {

constexpr const char* kLatency = "latency";
constexpr const char* kThroughput = "throughput";

bool is_metric(const Json& metric) {
  return metric.is_object() && metric.contains("value") && metric["value"].is_number();
}

}  // namespace

bool is_one(const Json& document) {
  return document.is_object() && !document.empty() &&
         std::all_of(document.begin(), document.end(), [](const Json& measures) {
           return measures.is_object() && !measures.empty() &&
                  std::all_of(measures.begin(), measures.end(), is_metric);
         });
}

std::vector<Measured> read(const Json& document) {
  std::vector<Measured> out;
  for (const auto& [name, measures] : document.items()) {
    Measured& one = of_name(out, name);
    const auto value_of = [&measures = measures](const char* measure) {
      return measures.at(measure).at("value").template get<double>();
    };
    if (measures.contains(kLatency)) {
      add_value(one, *find_unit("ns"), value_of(kLatency));
    } else if (measures.contains(kThroughput)) {
      add_value(one, *find_unit("items/s"), value_of(kThroughput));
    } else {
      one.failure =
          "it has neither the measure latency nor throughput, and the format gives no "
          "unit to others";
    }
  }
  return out;
}

}  // namespace bencher

/// compute.time is its measure latency; every other metric is a measure of its own name.
std::string bencher_text(std::span<const Value> all) {
  Json out = Json::object();
  for (const Value& one : all) {
    Json metric = {{"value", one.value}};
    if (one.interval) {
      metric["lower_value"] = one.interval->first;
      metric["upper_value"] = one.interval->second;
    }
    const std::string measure = one.metric == "compute.time" ? bencher::kLatency : one.metric;
    out[one.benchmark][measure] = std::move(metric);
  }
  return out.dump(2) + "\n";
}

}  // namespace interop

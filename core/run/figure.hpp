// A value of a metric, or why there is none.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "receipt/metrics.hpp"

namespace bitgate {

struct Figure {
  std::optional<double> value;
  std::string reason;

  static Figure of(double value) {
    if (std::isfinite(value)) return {value, ""};
    return {std::nullopt, "not a finite number"};
  }
  static Figure none(std::string why) { return {std::nullopt, std::move(why)}; }
};

/// As one of the known metrics of a case.
inline void put_metric(CaseResult& result, const std::string& name, const Figure& figure) {
  const MetricInfo* info = find_metric(name);
  result.metrics[name] = {figure.value, std::string(info->unit), info->direction,
                          std::string(info->statistic), figure.reason};
}

/// The times of a device that is not real are none.
inline void drop_simulated_times(CaseResult& result) {
  if (!result.simulated) return;
  for (auto& [name, metric] : result.metrics) {
    if (metric.statistic != "median") continue;
    metric.value.reset();
    metric.reason = reason::kSimulatedDevice;
  }
}

}  // namespace bitgate

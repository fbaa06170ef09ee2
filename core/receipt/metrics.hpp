// The declared metrics: nothing about a metric is guessed from its name.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "receipt/receipt.hpp"

namespace bitgate {

struct MetricInfo {
  std::string_view name;  ///< "compute.time"
  std::string_view unit;
  Direction direction;
  std::string_view statistic;  ///< "median", "count", "exact"
  std::string_view meaning;
};

/// Whether gates with `against` compare this metric over rounds: it is a time of the compute stage,
/// or goes with one.
bool is_compared_in_rounds(const MetricInfo& metric);

std::span<const MetricInfo> known_metrics();
/// nullptr if there is no such metric.
const MetricInfo* find_metric(std::string_view name);
std::vector<std::string> metric_names();

}  // namespace bitgate

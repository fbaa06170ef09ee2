// What the rounds of a comparison say of a metric.
#pragma once

#include <span>
#include <string>

#include "gate/reading.hpp"
#include "receipt/metrics.hpp"
#include "receipt/receipt.hpp"

namespace bitgate {

/// nullptr if these two were not compared.
const Comparison* find_comparison(std::span<const Comparison> comparisons,
                                  const std::string& candidate, const std::string& baseline);

/// The candidate's metric over the baseline's, over the rounds that count; or why there is none.
/// Both cases have this metric.
Reading read_comparison(const MetricInfo& metric, const CaseResult& candidate,
                        const CaseResult& baseline, std::span<const Comparison> comparisons);

/// A copy that differs from the baseline by more than half of what a gate is about says that the
/// machine makes differences of its own. No gate is about less than this: the layout of a program
/// alone makes as much.
inline constexpr double kLayoutFloor = 0.02;

/// Why no gate whose limit is this factor away from no difference can be judged by the comparison;
/// empty if it can.
std::string why_unfit(const Comparison& comparison, double factor);

}  // namespace bitgate

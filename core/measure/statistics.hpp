// Robust, distribution-free statistics of samples. Values are finite.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bitgate {

/// Median; the mean of the two middle values for an even count. NaN for no values.
double median(std::span<const double> values);
/// Median absolute deviation from the median, unscaled.
double mad(std::span<const double> values);
/// Quantile q in [0, 1] by linear interpolation between order statistics (Hyndman & Fan's type 7).
double quantile(std::span<const double> values, double q);

struct Interval {
  double low;
  double high;
};

/// Two-sided interval of the median from order statistics (the sign test turned round):
/// distribution-free, coverage at least `confidence`. For fewer than 6 values at 95 %, where no
/// such interval exists, the range of the values.
Interval median_interval(std::span<const double> values, double confidence = 0.95);

/// Whether the values show no trend over their order: Kendall's S of (index, value) is within what
/// chance gives at 5 %, which says the same as Sen's interval of the slope containing 0 (Sen 1968).
/// False for fewer than 4 values, which can't show it.
bool stationary(std::span<const double> values);

}  // namespace bitgate

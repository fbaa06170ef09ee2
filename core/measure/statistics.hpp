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
/// The same for values that are worth only `effective` independent ones (effective_count): the
/// ranks that so many would have, spread over all of them.
Interval median_interval(std::span<const double> values, double confidence, double effective);

/// How many independent values these are worth for a statement on their median, from 1 to their
/// number: n (1 - r) / (1 + r), where r is how much the side of the median that one value lies on
/// predicts that of the next. Values that alternate are not worth more than they are.
double effective_count(std::span<const double> values);

/// P(X >= successes) for X of the binomial distribution (n, 1/2): the chance of so many values on
/// one side of their median. 1 for 0 of 0.
double sign_tail(std::size_t successes, std::size_t n);

/// Whether the values show no trend over their order: Kendall's S of (index, value) is within what
/// chance gives at 5 %, which says the same as Sen's interval of the slope containing 0 (Sen 1968).
/// False for fewer than 4 values, which can't show it.
bool stationary(std::span<const double> values);

}  // namespace bitgate

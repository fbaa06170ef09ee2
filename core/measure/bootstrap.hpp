// Resampling, for an interval that assumes no more than the exact one and uses more of the samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "measure/statistics.hpp"

namespace bitgate {

/// Numbers from SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): the same for a seed everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// Uniform in [0, below), without bias; `below` is at least 1.
  std::size_t below(std::size_t below);

 private:
  std::uint64_t state_;
};

/// A statistic of some of n observations, given by their numbers, which may repeat.
using Statistic = std::function<double(std::span<const std::size_t> observations)>;

/// The bias-corrected and accelerated bootstrap interval (Efron, JASA 1987) of a statistic of n
/// observations, at least 2, from `resamples` draws. Where all resamples agree it is that value.
Interval bootstrap_interval(const Statistic& statistic, std::size_t n, std::size_t resamples,
                            std::uint64_t seed, double confidence = 0.95);

/// The normal distribution and its inverse; p in (0, 1).
double normal_cdf(double z);
double normal_quantile(double p);

}  // namespace bitgate

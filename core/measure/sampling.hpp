// When a measurement has started, and when it is enough.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "receipt/receipt.hpp"

namespace bitgate {

/// How long and how precisely to measure one case.
struct Sampling {
  std::uint64_t min_samples = 20;
  double precision = 0.02;  ///< wanted half-width of the median's 95 % interval, relative to it
  std::chrono::nanoseconds max_time = std::chrono::seconds(10);  ///< cap of the timed samples
  std::uint64_t repeat = 0;  ///< executions in a sample; 0: to be calibrated
};

/// Executes the measured thing `samples` times `repeat` times and returns the nanoseconds of each
/// sample. Runs elsewhere (in a worker) and is timed there; no other clock is looked at. Called for
/// about 100 ms of samples at a time. What it throws passes through.
using Sampler =
    std::function<std::vector<std::uint64_t>(std::uint64_t samples, std::uint64_t repeat)>;

/// Calibrates `repeat` (a sample lasts at least 5 ms and 1000 clock ticks), warms up until the last
/// 10 samples show no trend (cap: a quarter of max_time), then samples until the wanted precision
/// with at least min_samples, or until max_time is over. 12 samples are taken in any case, since
/// fewer can't settle a gate among many; and more for up to a second, while they are alike and
/// worth less than nine (effective_count). What takes a quarter of max_time for one execution
/// gets one as warm-up. The samples of the result are the last ones that the sampler took. Throws
/// std::runtime_error if the sampler returns another number of samples than was asked for, or if
/// its clock stands still.
StageResult measure_stage(const Sampler& sampler, const Sampling& sampling);

/// A stage that is only worth a few executions (load, quantize, output): at least 12 samples of
/// one execution, then on until 20 samples or 200 ms, or for up to a second until they are
/// worth nine; of what is slow 6, once they took 2 s, and the result says "max_time". Throws as
/// measure_stage does for a wrong number.
StageResult measure_briefly(const Sampler& sampler);

/// What has been warmed up already, each sample of `repeat` executions: at least 12 samples, then
/// on until the wanted precision, 20 samples, or max_time. Throws likewise.
StageResult measure_passes(const Sampler& sampler, std::uint64_t repeat, const Sampling& sampling);

/// Fills the summary from the samples, of which there is one at least.
void summarize(StageResult& result);

/// Nanoseconds of one execution: the median over samples, divided by `repeat`. NaN without samples.
double median_ns(const StageResult& stage);

/// What a sample lasts at least.
double least_sample_ns();

/// The smallest step of the host's monotonic clock as observed, in nanoseconds.
double clock_tick_ns();

}  // namespace bitgate

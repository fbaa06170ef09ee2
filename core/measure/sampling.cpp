#include "measure/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <numeric>
#include <span>
#include <stdexcept>

#include <fmt/format.h>

#include "measure/statistics.hpp"

namespace bitgate {
namespace {

constexpr double kLeastSampleNs = 5e6;
constexpr double kLeastTicks = 1000;
constexpr double kGroupNs = 1e8;  // samples are asked for in groups of about this long
constexpr std::uint64_t kMostRepeat = 1U << 30;
constexpr std::size_t kTrendWindow = 10;
constexpr std::uint64_t kLeastSamples = 3;
constexpr std::uint64_t kBriefSamples = 20;
constexpr double kBriefNs = 2e8;

std::vector<std::uint64_t> take(const Sampler& sampler, std::uint64_t samples,
                                std::uint64_t repeat) {
  std::vector<std::uint64_t> times = sampler(samples, repeat);
  if (times.size() != samples) {
    throw std::runtime_error(
        fmt::format("{} samples were asked for, {} came", samples, times.size()));
  }
  return times;
}

double total(std::span<const std::uint64_t> times) {
  return static_cast<double>(std::accumulate(times.begin(), times.end(), std::uint64_t{0}));
}

std::vector<double> to_double(std::span<const std::uint64_t> times) {
  return {times.begin(), times.end()};
}

/// Executions so that a sample is long enough for the clock.
std::uint64_t calibrate(const Sampler& sampler) {
  const double wanted = std::max(kLeastSampleNs, kLeastTicks * clock_tick_ns());
  std::uint64_t repeat = 1;
  while (repeat < kMostRepeat) {
    const auto time = static_cast<double>(take(sampler, 1, repeat).front());
    if (time >= wanted) break;
    // A first execution is often slow, so the estimate may be too low: grow, look again.
    const double factor = std::clamp(1.2 * wanted / std::max(time, 1.0), 1.5, 100.0);
    repeat = std::min(kMostRepeat,
                      static_cast<std::uint64_t>(std::ceil(static_cast<double>(repeat) * factor)));
  }
  return repeat;
}

/// How many samples make a group of about kGroupNs, at least one and at most `most`.
std::uint64_t group_size(double sample_ns, std::uint64_t most) {
  const double fitting = kGroupNs / std::max(sample_ns, 1.0);
  return std::clamp(static_cast<std::uint64_t>(fitting), std::uint64_t{1},
                    std::max<std::uint64_t>(most, 1));
}

void warm_up(const Sampler& sampler, double cap_ns, StageResult& result) {
  std::vector<std::uint64_t> times;
  double spent = 0;
  result.stationary = false;
  while (spent < cap_ns) {
    const double last = times.empty() ? kLeastSampleNs : static_cast<double>(times.back());
    const std::vector<std::uint64_t> group =
        take(sampler, group_size(last, kTrendWindow), result.repeat);
    spent += total(group);
    times.insert(times.end(), group.begin(), group.end());
    if (times.size() < kTrendWindow) continue;
    if (stationary(to_double(std::span(times).last(kTrendWindow)))) {
      result.stationary = true;
      break;
    }
    if (total(group) == 0) break;  // a clock that stands still shows no trend either
  }
  result.warmup_samples = times.size();
}

bool precise(std::span<const std::uint64_t> times, double precision) {
  const std::vector<double> values = to_double(times);
  const Interval interval = median_interval(values);
  const double center = median(values);
  return center > 0 && (interval.high - interval.low) / 2 <= precision * center;
}

void summarize(StageResult& result) {
  std::vector<double> each = to_double(result.samples_ns);
  for (double& time : each) time /= static_cast<double>(result.repeat);
  result.summary = {median(each), mad(each), quantile(each, 0.9), quantile(each, 0.99)};
}

}  // namespace

StageResult measure_stage(const Sampler& sampler, const Sampling& sampling) {
  const auto max_ns = static_cast<double>(sampling.max_time.count());
  StageResult result;
  result.repeat = calibrate(sampler);
  warm_up(sampler, max_ns / 4, result);

  double spent = 0;
  result.stopped_by = "max_time";
  while (spent < max_ns || result.samples_ns.size() < kLeastSamples) {
    const std::size_t have = result.samples_ns.size();
    const double last = have == 0 ? kLeastSampleNs : static_cast<double>(result.samples_ns.back());
    const std::uint64_t left = have < sampling.min_samples ? sampling.min_samples - have : 10;
    const std::vector<std::uint64_t> group = take(sampler, group_size(last, left), result.repeat);
    spent += total(group);
    result.samples_ns.insert(result.samples_ns.end(), group.begin(), group.end());
    const std::size_t count = result.samples_ns.size();
    if (count >= std::max(sampling.min_samples, kLeastSamples) &&
        (precise(result.samples_ns, sampling.precision) || total(group) == 0)) {
      result.stopped_by = "precision";
      break;
    }
  }
  summarize(result);
  return result;
}

StageResult measure_briefly(const Sampler& sampler) {
  StageResult result;
  result.stopped_by = "fixed";
  double spent = 0;
  while (result.samples_ns.size() < kLeastSamples ||
         (result.samples_ns.size() < kBriefSamples && spent < kBriefNs)) {
    result.samples_ns.push_back(take(sampler, 1, 1).front());
    spent += static_cast<double>(result.samples_ns.back());
  }
  summarize(result);
  return result;
}

double median_ns(const StageResult& stage) {
  return median(to_double(stage.samples_ns)) / static_cast<double>(stage.repeat);
}

double clock_tick_ns() {
  // The smallest step seen is the resolution that counts; the kernel's own figure is always 1 ns.
  static const double tick = [] {
    double least = 1e9;
    for (int i = 0; i < 1000; ++i) {
      timespec a{};
      timespec b{};
      clock_gettime(CLOCK_MONOTONIC, &a);
      do {
        clock_gettime(CLOCK_MONOTONIC, &b);
      } while (a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec);
      const double step = static_cast<double>(b.tv_sec - a.tv_sec) * 1e9 +
                          static_cast<double>(b.tv_nsec - a.tv_nsec);
      least = std::min(least, step);
    }
    return least;
  }();
  return tick;
}

}  // namespace bitgate

#include "measure/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <numeric>
#include <optional>
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
/// A median has a 95 % interval from six values on; twelve decide a hundred gates at once.
constexpr std::uint64_t kLeastSamples = 12;
/// Samples that are alike are worth fewer: worth nine, they decide a dozen gates at once. Until
/// then they are taken on, for so long.
constexpr double kLeastWorth = 9;
constexpr double kLeastNs = 1e9;
constexpr std::uint64_t kBriefSamples = 20;
constexpr std::uint64_t kMostBriefSamples = 200;
constexpr double kBriefNs = 2e8;
/// What takes this long in a few samples gets no more than a median's interval needs.
constexpr std::uint64_t kLeastBriefSamples = 6;
constexpr double kLongestBriefNs = 2e9;

double total(std::span<const std::uint64_t> times) {
  return std::accumulate(times.begin(), times.end(), 0.0);
}

std::vector<double> to_double(std::span<const std::uint64_t> times) {
  return {times.begin(), times.end()};
}

std::vector<std::uint64_t> take(const Sampler& sampler, std::uint64_t samples,
                                std::uint64_t repeat) {
  std::vector<std::uint64_t> times = sampler(samples, repeat);
  if (times.size() != samples) {
    throw std::runtime_error(
        fmt::format("{} samples were asked for, {} came", samples, times.size()));
  }
  return times;
}

/// A group of calibrated samples of about `last_ns` each: as many as fit into `budget_ns` and into
/// one group, at least one and at most `most`.
std::vector<std::uint64_t> take_group(const Sampler& sampler, std::uint64_t repeat, double last_ns,
                                      double budget_ns, std::uint64_t most) {
  const double fitting = std::clamp(budget_ns, 0.0, kGroupNs) / std::max(last_ns, 1.0);
  const std::uint64_t samples =
      std::clamp(static_cast<std::uint64_t>(fitting), std::uint64_t{1}, most);
  std::vector<std::uint64_t> times = take(sampler, samples, repeat);
  if (total(times) == 0) {
    throw std::runtime_error(
        fmt::format("{} samples of {} executions took 0 ns: the clock that timed them stands still",
                    samples, repeat));
  }
  return times;
}

struct Calibration {
  std::uint64_t repeat = 1;
  double sample_ns = 0;
  /// A single execution takes so long that it was warm-up enough: the one after it, kept.
  std::optional<std::uint64_t> slow_sample;
};

/// Executions so that a sample is long enough for the clock. Seen twice, since a first execution is
/// often slow for reasons of its own.
Calibration calibrate(const Sampler& sampler, double slow_ns) {
  const double wanted = least_sample_ns();
  Calibration result;
  bool seen_before = false;
  bool slow_before = false;
  while (true) {
    const std::uint64_t sample = take(sampler, 1, result.repeat).front();
    result.sample_ns = static_cast<double>(sample);
    const bool slow = result.repeat == 1 && result.sample_ns >= std::max(slow_ns, wanted);
    if (slow && slow_before) {
      result.slow_sample = sample;
      return result;
    }
    slow_before = slow;
    if (result.sample_ns >= wanted) {
      if (seen_before) return result;
      seen_before = true;
      continue;
    }
    seen_before = false;
    if (result.repeat == kMostRepeat) {
      if (sample > 0) return result;
      throw std::runtime_error(fmt::format(
          "{} executions took 0 ns: the clock that timed them stands still", result.repeat));
    }
    const double factor = std::clamp(1.2 * wanted / std::max(result.sample_ns, 1.0), 1.5, 100.0);
    const double next = std::ceil(static_cast<double>(result.repeat) * factor);
    result.repeat =
        next < static_cast<double>(kMostRepeat) ? static_cast<std::uint64_t>(next) : kMostRepeat;
  }
}

/// What was calibrated before.
Calibration seen_again(const Sampler& sampler, std::uint64_t repeat) {
  return {repeat, static_cast<double>(take(sampler, 1, repeat).front()), std::nullopt};
}

/// Samples until the last of them show no trend, or until the cap.
void warm_up(const Sampler& sampler, double sample_ns, double cap_ns, StageResult& result) {
  std::vector<std::uint64_t> times;
  double spent = 0;
  result.stationary = false;
  while (spent < cap_ns && !result.stationary) {
    const std::vector<std::uint64_t> group =
        take_group(sampler, result.repeat, sample_ns, cap_ns - spent, kTrendWindow);
    spent += total(group);
    sample_ns = static_cast<double>(group.back());
    times.insert(times.end(), group.begin(), group.end());
    result.stationary =
        times.size() >= kTrendWindow && stationary(to_double(std::span(times).last(kTrendWindow)));
  }
  result.warmup_samples = times.size();
}

bool settle(std::span<const std::uint64_t> times) {
  return effective_count(to_double(times)) >= kLeastWorth;
}

/// Whether they are worth so many, and tell their median so well.
bool precise(std::span<const std::uint64_t> times, double precision, double least_worth = 0) {
  const std::vector<double> values = to_double(times);
  const auto worth = effective_count(values);
  if (worth < least_worth) return false;
  const Interval interval = median_interval(values, 0.95, worth);
  const double center = median(values);
  return center > 0 && (interval.high - interval.low) / 2 <= precision * center;
}

}  // namespace

StageResult measure_stage(const Sampler& sampler, const Sampling& sampling) {
  const auto max_ns = static_cast<double>(sampling.max_time.count());
  const std::uint64_t least = std::max(sampling.min_samples, kLeastSamples);
  const Calibration calibration =
      sampling.repeat == 0 ? calibrate(sampler, max_ns / 4) : seen_again(sampler, sampling.repeat);
  StageResult result;
  result.repeat = calibration.repeat;
  if (calibration.slow_sample) {
    result.warmup_samples = 1;
    result.stationary = false;
    result.samples_ns.push_back(*calibration.slow_sample);
  } else {
    warm_up(sampler, calibration.sample_ns, max_ns / 4, result);
  }

  double spent = total(result.samples_ns);
  double last = calibration.sample_ns;
  result.stopped_by = "max_time";
  while (spent < max_ns || result.samples_ns.size() < kLeastSamples ||
         (spent < kLeastNs && !settle(result.samples_ns))) {
    const std::size_t have = result.samples_ns.size();
    const std::uint64_t more = have < least ? least - have : kTrendWindow;
    const std::vector<std::uint64_t> group =
        take_group(sampler, result.repeat, last, max_ns - spent, more);
    spent += total(group);
    last = static_cast<double>(group.back());
    result.samples_ns.insert(result.samples_ns.end(), group.begin(), group.end());
    if (result.samples_ns.size() >= least &&
        precise(result.samples_ns, sampling.precision, kLeastWorth)) {
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
  const auto enough = [&] {
    const std::size_t have = result.samples_ns.size();
    if (have < kLeastSamples) return have >= kLeastBriefSamples && spent >= kLongestBriefNs;
    if (spent < kLeastNs && have < kMostBriefSamples && !settle(result.samples_ns)) return false;
    return have >= kBriefSamples || spent >= kBriefNs;
  };
  while (!enough()) {
    result.samples_ns.push_back(take(sampler, 1, 1).front());
    spent += static_cast<double>(result.samples_ns.back());
  }
  if (result.samples_ns.size() < kLeastSamples) result.stopped_by = "max_time";
  summarize(result);
  return result;
}

StageResult measure_passes(const Sampler& sampler, std::uint64_t repeat, const Sampling& sampling) {
  const auto max_ns = static_cast<double>(sampling.max_time.count());
  StageResult result;
  result.repeat = repeat;
  result.warmup_samples = 1;
  result.stopped_by = "fixed";
  double spent = 0;
  while (result.samples_ns.size() < kBriefSamples) {
    result.samples_ns.push_back(take(sampler, 1, repeat).front());
    spent += static_cast<double>(result.samples_ns.back());
    if (result.samples_ns.size() < kLeastSamples) continue;
    if (spent >= max_ns || precise(result.samples_ns, sampling.precision)) {
      result.stopped_by = spent >= max_ns ? "max_time" : "precision";
      break;
    }
  }
  summarize(result);
  return result;
}

void summarize(StageResult& result) {
  std::vector<double> each = to_double(result.samples_ns);
  for (double& time : each) time /= static_cast<double>(result.repeat);
  result.summary = {median(each), mad(each), quantile(each, 0.9), quantile(each, 0.99)};
}

double median_ns(const StageResult& stage) {
  return median(to_double(stage.samples_ns)) / static_cast<double>(stage.repeat);
}

double least_sample_ns() { return std::max(kLeastSampleNs, kLeastTicks * clock_tick_ns()); }

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

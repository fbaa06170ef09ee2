#include "measure/sampling.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "measure/statistics.hpp"
#include "support/catch.hpp"

using namespace bitgate;
using namespace std::chrono_literals;

namespace {

struct Call {
  std::uint64_t samples;
  std::uint64_t repeat;
  double total_ns;
};

/// A device whose n-th sample takes what a function says. Time is what it returns: none passes.
class Script {
 public:
  using Time = std::function<double(std::uint64_t sample, std::uint64_t repeat)>;

  explicit Script(Time time) : time_(std::move(time)) {}

  Sampler sampler() {
    return [this](std::uint64_t samples, std::uint64_t repeat) {
      std::vector<std::uint64_t> times;
      calls.push_back({samples, repeat, 0});
      for (std::uint64_t i = 0; i < samples; ++i) {
        times.push_back(static_cast<std::uint64_t>(time_(next_++, repeat)));
        calls.back().total_ns += static_cast<double>(times.back());
      }
      return times;
    };
  }

  std::vector<Call> calls;

 private:
  Time time_;
  std::uint64_t next_ = 0;
};

Script steady(double ns) {
  return Script(
      [ns](std::uint64_t, std::uint64_t repeat) { return ns * static_cast<double>(repeat); });
}

/// In [-1, 1), the same for the same index: SplitMix64.
double noise(std::uint64_t index) {
  std::uint64_t z = (index + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) / 4503599627370496.0 - 1;
}

}  // namespace

TEST_CASE("the samples that count are the last ones that were taken") {
  for (const double ns : {500.0, 6e6, 3e8}) {  // many executions a sample, one, and a slow one
    std::vector<std::uint64_t> taken;
    std::uint64_t next = 0;
    const Sampler sampler = [&](std::uint64_t samples, std::uint64_t repeat) {
      std::vector<std::uint64_t> times;
      for (std::uint64_t i = 0; i < samples; ++i) {
        times.push_back(static_cast<std::uint64_t>(ns * static_cast<double>(repeat)) + next++);
      }
      taken.insert(taken.end(), times.begin(), times.end());
      return times;
    };
    const StageResult result = measure_stage(sampler, {3, 0.02, 1s});
    INFO(ns);
    REQUIRE(taken.size() > result.samples_ns.size());
    taken.erase(taken.begin(), taken.end() - static_cast<std::ptrdiff_t>(result.samples_ns.size()));
    CHECK(taken == result.samples_ns);
  }
}

TEST_CASE("A sample is as many executions as last 5 ms, and the number stays") {
  for (const double ns : {0.3, 7.0, 1e3, 123456.0, 4.9e6, 5.1e6}) {
    CAPTURE(ns);
    Script script = steady(ns);
    const StageResult result = measure_stage(script.sampler(), {20, 0.02, 2s});
    CHECK(static_cast<double>(result.repeat) * ns >= 5e6 - 1);
    // Not much longer than needed either.
    CHECK(static_cast<double>(result.repeat) * ns <= 15e6);
    const auto frozen = std::find_if(script.calls.begin(), script.calls.end(),
                                     [&](const Call& c) { return c.repeat == result.repeat; });
    CHECK(std::all_of(frozen, script.calls.end(),
                      [&](const Call& call) { return call.repeat == result.repeat; }));
    CHECK(median_ns(result) == Approx(ns).epsilon(1e-3));
  }
}

TEST_CASE("A slow first execution does not make the samples short") {
  // 20 ms to begin with, 10 us from then on.
  Script script([](std::uint64_t sample, std::uint64_t repeat) {
    return (sample == 0 ? 20e6 : 0) + 10e3 * static_cast<double>(repeat);
  });
  const StageResult result = measure_stage(script.sampler(), {20, 0.02, 2s});
  CHECK(result.repeat >= 500);
  CHECK(median_ns(result) == Approx(10e3));
}

TEST_CASE("A first execution of seconds is not mistaken for a slow case") {
  Script script([](std::uint64_t sample, std::uint64_t repeat) {
    return (sample == 0 ? 4e9 : 0) + 1e3 * static_cast<double>(repeat);
  });
  const StageResult result = measure_stage(script.sampler(), {20, 0.02, 10s});
  CHECK(result.repeat >= 5000);
  CHECK(result.stationary);
  CHECK(median_ns(result) == Approx(1e3));
}

TEST_CASE("The median of a noisy device is found to the wanted precision") {
  constexpr double kMedian = 10e3;
  // Skewed, as timings are: mostly a little above the floor, sometimes far above.
  Script script([](std::uint64_t sample, std::uint64_t repeat) {
    const double size = std::abs(noise(sample));
    return kMedian * static_cast<double>(repeat) *
           (0.95 + 0.05 * size / 0.5 + 0.4 * std::pow(size, 9.0));
  });
  const double true_median = kMedian * (1 + 0.4 * std::pow(0.5, 9.0));
  const StageResult result = measure_stage(script.sampler(), {20, 0.01, 10s});
  CHECK(result.stopped_by == "precision");
  CHECK(result.stationary);
  CHECK(result.samples_ns.size() >= 20);
  CHECK(median_ns(result) == Approx(true_median).epsilon(0.02));

  std::vector<double> values(result.samples_ns.begin(), result.samples_ns.end());
  const Interval interval = median_interval(values);
  CHECK((interval.high - interval.low) / 2 <= 0.01 * median(values));
}

TEST_CASE("Sampling ends with min_samples if they are precise, however many that are") {
  for (const std::uint64_t wanted : {12, 20, 57}) {
    Script script = steady(1e3);
    const StageResult result = measure_stage(script.sampler(), {wanted, 0.02, 10s});
    CHECK(result.samples_ns.size() == wanted);
    CHECK(result.stopped_by == "precision");
  }
  // Fewer than twelve can't settle a gate among many.
  Script script = steady(1e3);
  CHECK(measure_stage(script.sampler(), {1, 0.02, 10s}).samples_ns.size() == 12);
}

TEST_CASE("A precision that is never reached ends at max_time") {
  Script script([](std::uint64_t sample, std::uint64_t repeat) {
    return 1e3 * static_cast<double>(repeat) * (noise(sample) < 0 ? 1 : 2);
  });
  const StageResult result = measure_stage(script.sampler(), {20, 0.001, 1s});
  CHECK(result.stopped_by == "max_time");
  double spent = 0;
  for (const std::uint64_t time : result.samples_ns) spent += static_cast<double>(time);
  CHECK(spent >= 1e9);
  CHECK(spent <= 1.2e9);
}

namespace {

double worth(const StageResult& result) {
  return effective_count(std::vector<double>(result.samples_ns.begin(), result.samples_ns.end()));
}

/// A machine that is busy for a while, and then not for a while.
Script moody(double ns) {
  return Script([ns](std::uint64_t sample, std::uint64_t repeat) {
    return ns * static_cast<double>(repeat) * (sample / 4 % 2 == 0 ? 1 : 1.3);
  });
}

}  // namespace

TEST_CASE(
    "Samples that are alike are taken on, beyond max_time, until they are worth a judgement") {
  Script script = moody(1e3);
  const StageResult result = measure_stage(script.sampler(), {3, 0.5, 20ms});
  CHECK(worth(result) >= 9);
  CHECK(result.samples_ns.size() > 12);
  CHECK(result.samples_ns.size() < 60);

  Script brief = moody(1e6);
  CHECK(worth(measure_briefly(brief.sampler())) >= 9);
  // What only gets slower never is, and ends all the same: after a second.
  Script slower([](std::uint64_t sample, std::uint64_t repeat) {
    return 1e3 * static_cast<double>(repeat) * (1 + 0.01 * static_cast<double>(sample));
  });
  CHECK(measure_stage(slower.sampler(), {3, 0.5, 20ms}).stopped_by == "max_time");
  Script slower_brief(
      [](std::uint64_t sample, std::uint64_t) { return 1e3 * (1 + static_cast<double>(sample)); });
  CHECK(measure_briefly(slower_brief.sampler()).samples_ns.size() == 200);
}

TEST_CASE("A precision is that of what samples are worth") {
  Script script = moody(1e3);
  const StageResult result = measure_stage(script.sampler(), {12, 0.1, 10s});
  CHECK(result.stopped_by == "max_time");  // half of them lie 30 % above the others
  Script calm([](std::uint64_t sample, std::uint64_t repeat) {
    return 1e3 * static_cast<double>(repeat) * (sample / 4 % 2 == 0 ? 1 : 1.03);
  });
  CHECK(measure_stage(calm.sampler(), {12, 0.1, 10s}).stopped_by == "precision");
}

TEST_CASE("A number of executions that was calibrated before is kept") {
  Script script = steady(1e3);
  const StageResult result = measure_stage(script.sampler(), {12, 0, 100ms, 7000});
  CHECK(result.repeat == 7000);
  for (const Call& call : script.calls) CHECK(call.repeat == 7000);
}

TEST_CASE("Drift that never ends is flagged as not stationary") {
  Script script([](std::uint64_t sample, std::uint64_t repeat) {
    return 1e3 * static_cast<double>(repeat) * (1 + 0.01 * static_cast<double>(sample));
  });
  const StageResult result = measure_stage(script.sampler(), {20, 0.02, 1s});
  CHECK_FALSE(result.stationary);
  CHECK(result.warmup_samples >= 10);
  CHECK(result.samples_ns.size() >= 20);
  // Calibration and a warm-up of a quarter second come before the second of samples.
  double before = 0;
  std::uint64_t samples = 0;
  for (const Call& call : script.calls) {
    if (call.repeat == result.repeat && samples < result.warmup_samples) {
      samples += call.samples;
      before += call.total_ns;
    }
  }
  CHECK(before < 0.4e9);
}

TEST_CASE("Warm-up ends when the device has settled, and its samples do not count") {
  // From three times the time down to the steady one, over 40 samples.
  Script script([](std::uint64_t sample, std::uint64_t repeat) {
    const double late = std::max(0.0, 40.0 - static_cast<double>(sample)) / 20;
    return 1e3 * static_cast<double>(repeat) * (1 + late + 0.01 * noise(sample));
  });
  const StageResult result = measure_stage(script.sampler(), {20, 0.02, 10s});
  CHECK(result.stationary);
  CHECK(result.warmup_samples >= 30);
  const double slowest =
      static_cast<double>(*std::max_element(result.samples_ns.begin(), result.samples_ns.end()));
  CHECK(slowest <= 1.05e3 * static_cast<double>(result.repeat));
}

TEST_CASE("What takes a quarter of max_time gets one execution to warm up, then twelve") {
  SECTION("more than fit") {
    Script script = steady(12e9);
    const StageResult result = measure_stage(script.sampler(), {20, 0.001, 40s});
    CHECK(result.repeat == 1);
    CHECK(result.warmup_samples == 1);
    CHECK_FALSE(result.stationary);
    CHECK(result.samples_ns.size() == 12);
    CHECK(result.stopped_by == "max_time");
  }
  SECTION("twelve, however long they take") {
    Script script = steady(60e9);
    const StageResult result = measure_stage(script.sampler(), {20, 0.02, 10s});
    CHECK(result.samples_ns == std::vector<std::uint64_t>(12, 60'000'000'000));
    CHECK(script.calls.size() == 13);
    REQUIRE(result.summary.has_value());
    CHECK(result.summary->median_ns == 60e9);
  }
}

TEST_CASE("Samples are asked for in groups of about 100 ms") {
  for (const double ns : {1e3, 2e6, 40e6, 300e6}) {
    CAPTURE(ns);
    Script script = steady(ns);
    measure_stage(script.sampler(), {50, 0.02, 4s});
    for (const Call& call : script.calls) {
      CHECK((call.samples == 1 || call.total_ns <= 101e6));
    }
  }
}

TEST_CASE("A clock that stands still is an error, not an endless loop") {
  Script always = steady(0);
  CHECK_THROWS_WITH(measure_stage(always.sampler(), {20, 0.02, 1s}),
                    Catch::Matchers::Contains("stands still"));
  Script later([](std::uint64_t sample, std::uint64_t) { return sample < 30 ? 6e6 : 0.0; });
  CHECK_THROWS_WITH(measure_stage(later.sampler(), {1000, 0.02, 1s}),
                    Catch::Matchers::Contains("stands still"));
}

TEST_CASE("A sampler that returns another number of samples is an error") {
  const Sampler fewer = [](std::uint64_t samples, std::uint64_t) {
    return std::vector<std::uint64_t>(samples - 1, 6'000'000);
  };
  const Sampler more = [](std::uint64_t samples, std::uint64_t) {
    return std::vector<std::uint64_t>(samples + 1, 6'000'000);
  };
  CHECK_THROWS_WITH(measure_stage(fewer, {}), Catch::Matchers::Contains("1 samples were asked"));
  CHECK_THROWS_AS(measure_stage(more, {}), std::runtime_error);
  CHECK_THROWS_AS(measure_briefly(fewer), std::runtime_error);
  CHECK_THROWS_AS(measure_briefly(more), std::runtime_error);
}

TEST_CASE("What the sampler throws passes through") {
  struct Stop {};
  int calls = 0;
  const Sampler interrupted = [&](std::uint64_t samples, std::uint64_t) {
    if (++calls == 5) throw Stop();
    return std::vector<std::uint64_t>(samples, 6'000'000);
  };
  CHECK_THROWS_AS(measure_stage(interrupted, {1000, 0.0, 100s}), Stop);
  CHECK(calls == 5);
}

TEST_CASE(
    "A brief measurement takes 12 to 20 samples of one execution, for 200 ms, and 6 of slow ones") {
  const auto count = [](double ns) {
    Script script = steady(ns);
    const StageResult result = measure_briefly(script.sampler());
    for (const Call& call : script.calls) CHECK(call.repeat == 1);
    CHECK(result.repeat == 1);
    CHECK(result.stopped_by == (result.samples_ns.size() < 12 ? "max_time" : "fixed"));
    return result.samples_ns.size();
  };
  CHECK(count(0) == 20);
  CHECK(count(1e6) == 20);
  CHECK(count(15e6) == 14);
  CHECK(count(166e6) == 12);
  CHECK(count(250e6) == 8);
  CHECK(count(1e9) == 6);
}

TEST_CASE("The summary is of one execution") {
  Script script([](std::uint64_t sample, std::uint64_t repeat) {
    return static_cast<double>(repeat) * 1e6 * static_cast<double>(10 + sample % 3);
  });
  const StageResult result = measure_stage(script.sampler(), {20, 0.1, 1s});
  REQUIRE(result.summary.has_value());
  CHECK(result.summary->median_ns == 11e6);
  CHECK(result.summary->mad_ns == 1e6);
  CHECK(result.summary->p90_ns == 12e6);
  CHECK(result.summary->p99_ns == 12e6);
  CHECK(median_ns(result) == 11e6);

  StageResult stage;
  stage.samples_ns = {30, 10, 20};
  stage.repeat = 10;
  CHECK(median_ns(stage) == 2);
  CHECK(std::isnan(median_ns(StageResult{})));
}

TEST_CASE("The host's clock moves in steps of more than nothing") { CHECK(clock_tick_ns() > 0); }

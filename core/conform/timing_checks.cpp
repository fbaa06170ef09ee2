// Honest clocks. Work is counted by kernel calls; times only warn, with generous factors, since the
// machine may be busy.
#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "conform/bench.hpp"
#include "conform/probe.hpp"
#include "conform/space.hpp"

namespace bitgate::conform {
namespace {

using nlohmann::json;

/// The largest work that the device supports of a moderate size, bound and run once. The device's
/// own clock runs too, if it has one.
class Work {
 public:
  explicit Work(Bench& bench)
      : client_(bench.backend()),
        has_clock_(client_.start_device_timer()),
        probe_(client_, bench.device()) {
    std::vector<Row> all = rows("matmul");
    for (const Row& row : rows()) all.push_back(row);
    for (const Row& row : all) {
      const auto [r, c] = block_of(row.format);
      const std::uint64_t cols = c * std::max<std::uint64_t>(512 / c, 1);
      what_ = {row.op, row.format, 64 * r, cols, 1, "random", "random", 1, 1};
      if (probe_.unsupported(what_)) continue;
      bound_ = probe_.bind(given_ = materials(what_));
      probe_.run(bound_, given_);
      return;
    }
    Bench::skip("no operation is supported");
  }

  worker::BackendClient& client() { return client_; }
  [[nodiscard]] bool has_clock() const { return has_clock_; }

  /// Nanoseconds of `repeat` executions and a synchronize, three times.
  std::vector<std::uint64_t> times(std::uint64_t repeat) {
    const std::vector<std::uint64_t> programs = {bound_.program};
    return client_.sample(programs, 0, 3, repeat);
  }

  /// The least of three.
  double time(std::uint64_t repeat) {
    const std::vector<std::uint64_t> three = times(repeat);
    return static_cast<double>(*std::min_element(three.begin(), three.end()));
  }

  /// Nanoseconds of reading the output.
  double read_time() {
    const Clock::time_point start = Clock::now();
    static_cast<void>(probe_.read(bound_.op.outputs[0]));
    return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
  }

  std::uint64_t calls() {
    std::uint64_t sum = 0;
    for (const worker::KernelCount& kernel : client_.kernels(bound_.program)) sum += kernel.calls;
    return sum;
  }

  /// Executions that take about 50 ms by the device's own clock, at least 16.
  std::uint64_t many() {
    const double one = std::max(time(1), 1000.0);
    return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(50e6 / one), 16, 4096);
  }

 private:
  using Clock = std::chrono::steady_clock;

  worker::BackendClient client_;
  bool has_clock_;
  Probe probe_;
  NumericCase what_;
  Materials given_;
  Probe::Bound bound_;
};

void counts(Bench& bench) {
  Work work(bench);
  for (const std::uint64_t repeat : {1, 2, 7, 64}) {
    const std::uint64_t before = work.calls();
    work.time(repeat);
    const std::uint64_t made = work.calls() - before;
    if (made >= 3 * repeat) continue;
    bench.fail(fmt::format("{} executions counted {} kernel calls", 3 * repeat, made));
  }
}

/// Warns of what times show if they show it again and again: a busy machine does so now and then.
/// `look` gives the warning, or nothing.
template <class Look>
void warn_if_persistent(Bench& bench, const Look& look) {
  constexpr int kLooks = 5;
  std::string seen;
  for (int i = 0; i < kLooks; ++i) {
    seen = look();
    if (seen.empty()) return;
  }
  bench.warn(seen);
}

void repeat(Bench& bench) {
  Work work(bench);
  const std::uint64_t many = work.many();
  warn_if_persistent(bench, [&]() -> std::string {
    const double one = work.time(1);
    const double all = work.time(many);
    // Launch costs are paid once for all: a share of the time may stay behind, not most of it.
    if (all * 20 >= one * static_cast<double>(many) || one < 20e3) return {};
    return fmt::format("{} executions took {:.1f} times as long as one", many, all / one);
  });
}

void synchronize(Bench& bench) {
  Work work(bench);
  const std::uint64_t many = work.many();
  warn_if_persistent(bench, [&]() -> std::string {
    work.time(0);
    const double idle = work.read_time();
    const double timed = work.time(many);
    const double after = work.read_time() + work.time(0);
    // Work that goes on behind synchronize's back shows in the next call that needs its result.
    if (after < 20e6 || after < 5 * (timed + idle)) return {};
    return fmt::format(
        "after {} executions and synchronize, reading took {:.1f} ms, and {:.1f} ms when there was "
        "nothing to wait for",
        many, after / 1e6, idle / 1e6);
  });
}

void device_clock(Bench& bench) {
  Work work(bench);
  if (!work.has_clock()) Bench::skip("the device has no clock of its own");
  const std::uint64_t many = work.many();
  for (const std::uint64_t repeat : {std::uint64_t{1}, many}) {
    const std::vector<std::uint64_t> wall = work.times(repeat);
    const std::vector<worker::DeviceTime>& device = work.client().device_times();
    for (std::size_t i = 0; i < wall.size(); ++i) {
      const std::string why = worker::implausible_clock(device.at(i), wall[i]);
      if (!why.empty()) bench.fail(fmt::format("{} executions: {}", repeat, why));
    }
  }
  if (!bench.findings().empty()) return;
  warn_if_persistent(bench, [&]() -> std::string {
    const auto host_ms = static_cast<double>(work.times(many).back()) / 1e6;
    const auto device_ms =
        static_cast<double>(work.client().device_times().back().execution_ns) / 1e6;
    // The host waits for more than the device does, but hardly for nothing else.
    if (host_ms < 20 || device_ms * 20 > host_ms) return {};
    return fmt::format(
        "{} executions took {:.6g} ms, of which the device says {:.6g} ms: does its clock count "
        "nanoseconds?",
        many, host_ms, device_ms);
  });
}

void allocations(Bench& bench) {
  Work work(bench);
  const auto heap = [&] {
    return work.client().worker().call({{"do", "inspect"}})["heap"].get<std::int64_t>();
  };
  work.time(64);
  static_cast<void>(heap());
  const std::int64_t before = heap();
  work.time(1);
  const std::int64_t few = heap();
  work.time(512);
  const std::int64_t many = heap();
  constexpr std::int64_t kSlack = 16 << 10;  // of the worker's own answers
  const std::int64_t grown = (many - few) - (few - before);
  if (grown > kSlack) {
    bench.warn(
        fmt::format("512 executions left {} bytes on the heap: run must not allocate", grown));
  }
}

void nothing(Bench& bench) {
  Work work(bench);
  const std::uint64_t before = work.calls();
  work.time(0);
  if (work.calls() != before) bench.fail("running a program 0 times started kernels");
}

constexpr std::array<Check, 6> kChecks = {{
    {"timing.counts", Subject::kDevice, "every execution is counted where kernels are started",
     counts},
    {"timing.none", Subject::kDevice, "running a program 0 times does nothing", nothing},
    {"timing.repeat", Subject::kDevice, "many executions take many times as long as one", repeat},
    {"timing.synchronize", Subject::kDevice, "no work goes on after synchronize", synchronize},
    {"timing.device-clock", Subject::kDevice,
     "what the device's own clock says lies within the host's time", device_clock},
    {"timing.allocations", Subject::kDevice, "running leaves nothing on the heap", allocations},
}};

}  // namespace

std::span<const Check> timing_checks() { return kChecks; }

}  // namespace bitgate::conform

#include "worker/device_time.hpp"

#include <cstdint>
#include <limits>

#include "support/catch.hpp"

using bitgate::worker::implausible_clock;
using Catch::Matchers::Contains;

namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

}  // namespace

TEST_CASE("a device says as much as the host or less") {
  CHECK(implausible_clock({{}, {}, 10 * kMs}, 10 * kMs).empty());
  CHECK(implausible_clock({kMs, 2 * kMs, 7 * kMs}, 10 * kMs).empty());
  CHECK(implausible_clock({{}, {}, 1}, 10 * kMs).empty());
  CHECK(implausible_clock({{}, {}, 10 * kMs + 10'000}, 10 * kMs).empty());  // two clocks drift
  CHECK(implausible_clock({{}, {}, 1500}, 1000).empty());                   // and step
}

TEST_CASE("a device that says more than the host is wrong, in whichever part it says so") {
  CHECK(implausible_clock({{}, {}, 11 * kMs}, 10 * kMs) ==
        "implausible clock: the device says 11 ms of work that took 10 ms by the host's clock");
  CHECK_THAT(implausible_clock({2 * kMs, 2 * kMs, 7 * kMs}, 10 * kMs), Contains("says 11 ms"));
  CHECK_FALSE(implausible_clock({11 * kMs, {}, 1}, 10 * kMs).empty());
  CHECK_FALSE(implausible_clock({{}, {}, 4000}, 1000).empty());
  CHECK_FALSE(implausible_clock({kMost, kMost, kMost}, 10 * kMs).empty());
  CHECK_FALSE(implausible_clock({1, kMost, kMost}, 10 * kMs).empty());
}

TEST_CASE("a clock that stands still is wrong about work that takes long enough to be seen") {
  CHECK_THAT(implausible_clock({}, 10 * kMs), Contains("stands still over 10 ms"));
  CHECK_FALSE(implausible_clock({kMs, kMs, 0}, 10 * kMs).empty());
  CHECK(implausible_clock({}, kMs / 2).empty());
}

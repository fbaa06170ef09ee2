// A number with its samples against a limit.
#include "gate/three_way.hpp"

#include <limits>

#include "support/catch.hpp"

using namespace bitgate;

namespace {

constexpr double kNone = std::numeric_limits<double>::infinity();

Requirement between(double min, double max) { return {RequireKind::kValue, min, max, "", ""}; }

/// `n` samples spread evenly around the value, in an order without any pattern.
Evidence around(double value, double spread, std::size_t n) {
  Evidence evidence{value, {}, {}};
  std::size_t at = 0;
  for (std::size_t i = 0; i < n; ++i) {
    at = (at + 7) % n;  // n is no multiple of 7
    const double place = 2 * static_cast<double>(at) / static_cast<double>(n - 1) - 1;
    evidence.samples.push_back(value + spread * place);
  }
  return evidence;
}

}  // namespace

TEST_CASE("an exact value is within or beyond") {
  const Evidence exact{5, {}, {}};
  CHECK(side_of(exact, between(5, 5), {0.025}) == Side::kWithin);
  CHECK(side_of(exact, between(6, kNone), {0.025}) == Side::kBeyond);
  CHECK(interval_of(exact).low == 5);
  CHECK(interval_of(exact).high == 5);
}

TEST_CASE("the interval decides: beyond, within, or open") {
  const Evidence evidence = around(100, 10, 30);
  const Interval interval = interval_of(evidence);
  CHECK(interval.low > 90);
  CHECK(interval.low < 100);
  CHECK(interval.high > 100);
  CHECK(side_of(evidence, between(-kNone, interval.high), {}) == Side::kWithin);
  CHECK(side_of(evidence, between(-kNone, interval.low - 0.01), {}) == Side::kBeyond);
  CHECK(side_of(evidence, between(-kNone, 100), {}) == Side::kOpen);
  CHECK(side_of(evidence, between(interval.high + 0.01, kNone), {}) == Side::kBeyond);
  CHECK(side_of(evidence, between(100, kNone), {}) == Side::kOpen);
  // A range that the interval pokes out of at either end.
  CHECK(side_of(evidence, between(interval.low, interval.high), {}) == Side::kWithin);
  CHECK(side_of(evidence, between(99.9, 100.1), {}) == Side::kOpen);
}

TEST_CASE("a smaller error takes more to call something beyond") {
  const Evidence evidence = around(100, 10, 30);
  const Requirement near = between(-kNone, interval_of(evidence).low - 0.01);
  CHECK(side_of(evidence, near, {}) == Side::kBeyond);
  CHECK(side_of(evidence, near, {kErrorRate / 100}) == Side::kOpen);
  CHECK(side_of(evidence, between(-kNone, 80), {kErrorRate / 100}) == Side::kBeyond);
}

TEST_CASE("too few samples decide nothing") {
  for (const std::size_t n : {1U, 3U, 5U}) {
    const Evidence few{100, std::vector<double>(n, 100.0), {}};
    CHECK(side_of(few, between(-kNone, 1000), {}) == Side::kOpen);
    CHECK(side_of(few, between(-kNone, 1), {}) == Side::kOpen);
  }
  const Evidence six{100, std::vector<double>(6, 100.0), {}};
  CHECK(side_of(six, between(-kNone, 1000), {}) == Side::kWithin);
  CHECK(side_of(six, between(-kNone, 1), {}) == Side::kBeyond);
}

TEST_CASE("samples that follow each other count for less") {
  // Half of the time slow and half of the time fast, in one block each.
  Evidence blocks{100, {}, {}};
  for (int i = 0; i < 40; ++i) blocks.samples.push_back(i < 20 ? 90 : 110);
  CHECK(side_of(blocks, between(-kNone, 109), {}) == Side::kOpen);
  CHECK(side_of(blocks, between(-kNone, 80), {}) == Side::kOpen);     // worth one or two
  CHECK(side_of(blocks, between(-kNone, 110), {}) == Side::kWithin);  // every one of them
}

TEST_CASE("on a disturbed machine what could have been without keeps a fail away") {
  Evidence evidence = around(100, 5, 30);
  const Requirement tight = between(-kNone, 80);
  CHECK(side_of(evidence, tight, {}) == Side::kBeyond);
  evidence.undisturbed = 70;
  CHECK(side_of(evidence, tight, {}) == Side::kOpen);
  evidence.undisturbed = 85;
  CHECK(side_of(evidence, tight, {}) == Side::kBeyond);
  CHECK(side_of(evidence, between(-kNone, 120), {}) == Side::kWithin);
}

TEST_CASE("what is not decided says what it would take") {
  const Evidence evidence = around(100, 10, 30);
  const auto far = samples_needed(evidence, between(-kNone, 102));
  const auto near = samples_needed(evidence, between(-kNone, 100.5));
  REQUIRE(far);
  REQUIRE(near);
  CHECK(*far > 30);
  CHECK(*near > 10 * *far);
  CHECK_FALSE(samples_needed(evidence, between(-kNone, 100)));
  // A quarter of the distance takes sixteen times the samples; four times the samples tell half.
  const RequireKind value = RequireKind::kValue;
  Evidence four = evidence;
  for (int i = 0; i < 3; ++i) {
    four.samples.insert(four.samples.end(), evidence.samples.begin(), evidence.samples.end());
  }
  CHECK(detectable(four, value) == Approx(detectable(evidence, value) / 2).epsilon(0.1));
  CHECK(detectable(around(100, 0, 30), value) == 0);
  // A change is a share already, and may be near zero.
  CHECK(detectable(around(0.001, 0.1, 30), RequireKind::kChange) ==
        Approx(detectable(around(1, 0.1, 30), value)));
}

TEST_CASE("looks share one error: half of what is left, and the rest at the last") {
  CHECK(share_of_look(1, 1) == 1);
  CHECK(share_of_look(1, 2) == 0.5);
  CHECK(share_of_look(2, 2) == 0.5);
  CHECK(share_of_look(1, 3) == 0.5);
  CHECK(share_of_look(2, 3) == 0.25);
  CHECK(share_of_look(3, 3) == 0.25);
}

TEST_CASE("a smaller error takes more to call something within") {
  const Evidence evidence = around(100, 10, 30);
  const Requirement near = between(-kNone, interval_of(evidence).high);
  CHECK(side_of(evidence, near, {kErrorRate, kErrorRate}) == Side::kWithin);
  CHECK(side_of(evidence, near, {kErrorRate, kErrorRate / 100}) == Side::kOpen);
  CHECK(interval_of(evidence, kErrorRate / 100).high > interval_of(evidence).high);
  // Six samples are enough for an error of 2.5 %, and not for half of that.
  const Evidence six{100, std::vector<double>(6, 100.0), {}};
  CHECK(side_of(six, between(-kNone, 1000), {kErrorRate, kErrorRate / 2}) == Side::kOpen);
}

TEST_CASE("gates share one error, the surest first") {
  // Holm's own procedure on chances of which three are rejected: 0.025 / 4, / 3, / 2.
  const std::vector<double> errors = shared_errors({0.012, 0.001, 0.9, 0.008});
  CHECK(errors[1] == Approx(kErrorRate / 4));
  CHECK(errors[3] == Approx(kErrorRate / 3));
  CHECK(errors[0] == Approx(kErrorRate / 2));
  CHECK(errors[2] == Approx(kErrorRate));
  // From the first that is not rejected on none is, however small it would have to be alone.
  const std::vector<double> stopped = shared_errors({0.02, 0.02, 0.001});
  CHECK(stopped[2] == Approx(kErrorRate / 3));
  CHECK(std::min(stopped[0], stopped[1]) == 0);
  CHECK(std::max(stopped[0], stopped[1]) == Approx(kErrorRate / 2));
  CHECK(shared_errors({}).empty());
}

#include "pipeline/requirement.hpp"

#include <limits>

#include "support/catch.hpp"

using namespace bitgate;
using Catch::Matchers::Contains;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Requirement parsed(const std::string& text, const char* metric, bool compared) {
  INFO(text);
  const ParsedRequirement result = parse_requirement(text, *find_metric(metric), compared);
  CHECK(result.error.empty());
  CHECK(result.requirement.text == text);
  return result.requirement;
}

std::string error_of(const std::string& text, const char* metric, bool compared) {
  return parse_requirement(text, *find_metric(metric), compared).error;
}

void check(const Requirement& require, RequireKind kind, double min, double max) {
  CHECK(require.kind == kind);
  CHECK(require.min == Approx(min));
  CHECK(require.max == Approx(max));
}

}  // namespace

TEST_CASE("A value is asked for in the unit of its metric") {
  check(parsed("<= 250us", "compute.time", false), RequireKind::kValue, -kInfinity, 250e3);
  check(parsed(">=1.5ms", "compute.time", false), RequireKind::kValue, 1.5e6, kInfinity);
  check(parsed("== 0", "output.mismatches", false), RequireKind::kValue, 0, 0);
  check(parsed("<= 1e-6", "quantize.nmse", false), RequireKind::kValue, -kInfinity, 1e-6);
  check(parsed(">= 50%", "compute.ceiling", false), RequireKind::kValue, 0.5, kInfinity);
  check(parsed(">= 20GB/s", "compute.bandwidth", false), RequireKind::kValue, 20, kInfinity);
  check(parsed("  >=  100 Gop/s ", "compute.throughput", false), RequireKind::kValue, 100,
        kInfinity);
  check(parsed(">= 7tokens/s", "decode.rate", false), RequireKind::kValue, 7, kInfinity);
  check(parsed("<= 512MiB", "memory.peak", false), RequireKind::kValue, -kInfinity, 512 << 20);
}

TEST_CASE("A comparison is a ratio or a signed change") {
  check(parsed(">= 1.5x", "compute.throughput", true), RequireKind::kRatio, 1.5, kInfinity);
  check(parsed("<= +5%", "compute.time", true), RequireKind::kChange, -kInfinity, 0.05);
  check(parsed(">= -1%", "compute.throughput", true), RequireKind::kChange, -0.01, kInfinity);
}

TEST_CASE("A range has a lower end and perhaps an upper one") {
  check(parsed("2x..10x", "compute.throughput", true), RequireKind::kRatio, 2, 10);
  check(parsed("2x..", "compute.throughput", true), RequireKind::kRatio, 2, kInfinity);
  check(parsed("-5% .. +5%", "compute.time", true), RequireKind::kChange, -0.05, 0.05);
  check(parsed("100us..2ms", "compute.time", false), RequireKind::kValue, 100e3, 2e6);
  check(parsed("30%..100%", "compute.ceiling", false), RequireKind::kValue, 0.3, 1);
}

TEST_CASE("What is no requirement is answered with examples") {
  for (const char* text :
       {"",       " ",      "==",       "<=",         "1.5x",        "< 1",       "> 1",
        "= 1",    "!= 0",   "=< 1",     "<== 1",      "<= fast",     "<= 1 0",    "..",
        "..2x",   "2x..10", "2x..+10%", "1x..2x..3x", "<= 1x <= 2x", "<= 250 us", "≤ 1",
        "<= nan", "<= inf", "<= 0x10",  "<= 01"}) {
    INFO(text);
    CHECK_THAT(error_of(text, "compute.time", false), Contains("is not a requirement; write e.g."));
  }
}

TEST_CASE("A unit must be the metric's") {
  CHECK_THAT(error_of("<= 20GB/s", "compute.time", false),
             Contains("does not fit compute.time; write times, e.g. 250us"));
  CHECK_THAT(error_of("<= 250", "compute.time", false), Contains("has no unit that fits"));
  CHECK_THAT(error_of("<= 5%", "output.mismatches", false), Contains("write plain counts, e.g. 0"));
  CHECK_THAT(error_of(">= 1us", "quantize.nmse", false), Contains("write shares, e.g. 50%"));
  CHECK_THAT(error_of(">= 1Gop/s", "compute.bandwidth", false), Contains("e.g. 20GB/s"));
  CHECK_THAT(error_of(">= 7", "decode.rate", false), Contains("e.g. 7tokens/s"));
  CHECK_THAT(error_of("<= 1GB/s", "memory.peak", false), Contains("sizes, e.g. 512MiB"));
}

TEST_CASE("Comparisons and `against` go together") {
  CHECK_THAT(error_of(">= 1.5x", "compute.throughput", false), Contains("add `against`"));
  CHECK_THAT(error_of("<= +5%", "compute.time", false), Contains("add `against`"));
  CHECK_THAT(error_of("<= 5%", "compute.time", true), Contains("does not compare"));
  CHECK_THAT(error_of("<= 250us", "compute.time", true), Contains("does not compare"));
}

TEST_CASE("What can't be met is an error, not a gate that always fails") {
  CHECK_THAT(error_of("10x..2x", "compute.time", true), Contains("above its upper end"));
  CHECK_THAT(error_of(">= 150%", "compute.ceiling", false), Contains("at most 100%"));
  CHECK_THAT(error_of("<= -1", "output.mismatches", false), Contains("never negative"));
  CHECK_THAT(error_of("<= -1us", "compute.time", false), Contains("never negative"));
  CHECK_THAT(error_of("<= -1x", "compute.time", true), Contains("never negative"));
  CHECK_THAT(error_of("<= -101%", "compute.time", true), Contains("never negative"));
  CHECK_THAT(error_of("== 0.5", "output.mismatches", false), Contains("a whole number"));
}

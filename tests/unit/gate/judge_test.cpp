// One gate over the results of a run.
#include "gate/judge.hpp"

#include <functional>
#include <limits>

#include "gate/results.hpp"
#include "support/catch.hpp"

using namespace bitgate;
using namespace bitgate::test;
using Catch::Matchers::Contains;

namespace {

using Cases = std::vector<CaseResult>;

GateResult judge_one(const Rule& one, const Cases& cases) {
  const std::vector<GateResult> gates = judge(std::span(&one, 1), cases, compared(cases));
  REQUIRE(gates.size() == 1);
  return gates.front();
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("a constant limit is met up to and including its bound") {
  const auto status = [](const Rule& one, double ns) {
    return judge_one(one, {measured("simd", ns)}).status;
  };
  CHECK(status(at_most("compute.time", 100), 100) == GateStatus::kPass);
  CHECK(status(at_most("compute.time", 100), 101) == GateStatus::kFail);
  CHECK(status(at_least("compute.time", 100), 100) == GateStatus::kPass);
  CHECK(status(at_least("compute.time", 100), 99) == GateStatus::kFail);
  CHECK(status(rule("compute.time", 100, 100), 100) == GateStatus::kPass);
  CHECK(status(rule("compute.time", 100, 100), 100.5) == GateStatus::kFail);
  CHECK(status(rule("compute.time", 90, 110), 90) == GateStatus::kPass);
  CHECK(status(rule("compute.time", 90, 110), 110) == GateStatus::kPass);
  CHECK(status(rule("compute.time", 90, 110), 89) == GateStatus::kFail);
  CHECK(status(rule("compute.time", 90, 110), 111) == GateStatus::kFail);
}

TEST_CASE("a gate's own value is that of the worst case, with the bound that it is nearest to") {
  const Cases cases = {measured("simd", 80, "1"), measured("simd", 109, "2"),
                       measured("simd", 100, "4")};
  GateResult gate = judge_one(rule("compute.time", 50, 110), cases);
  CHECK(gate.status == GateStatus::kPass);
  CHECK(gate.value == 109.0);
  CHECK(gate.limit == 110.0);
  CHECK(gate.unit == "ns");
  CHECK(gate.cases.size() == 3);

  gate = judge_one(rule("compute.time", 90, 105), cases);
  CHECK(gate.status == GateStatus::kFail);
  CHECK(gate.value == 80.0);  // 10 beyond its bound, the other only 4
  CHECK(gate.limit == 90.0);
  CHECK(gate.reason.code == reason::kLimit);
  CHECK(gate.reason.detail == "80ns, needs as written (kernels/batch=1@simd)");
}

TEST_CASE("a gate that fails speaks of its worst case") {
  const GateResult gate = judge_one(
      at_most("compute.time", 100),
      {measured("simd", 101, "1"), measured("simd", 300, "2"), measured("simd", 200, "4")});
  CHECK(gate.value == 300.0);
  CHECK_THAT(gate.reason.detail, Contains("300ns") && Contains("batch=2"));
}

TEST_CASE("one bad case among good ones fails the gate: cases are not averaged") {
  const GateResult gate =
      judge_one(at_most("compute.time", 100),
                {measured("simd", 1, "1"), measured("simd", 101, "2"), measured("simd", 1, "4")});
  CHECK(gate.status == GateStatus::kFail);
  CHECK_THAT(gate.reason.detail, Contains("batch=2"));
}

TEST_CASE("where chooses cases by suite, backend and axes, all of them at once") {
  const Cases cases = {measured("simd", 10, "1"), measured("simd", 20, "2"),
                       measured("scalar", 30, "1")};
  const auto covered = [&](std::map<std::string, std::string> where) {
    Rule one = at_most("compute.time", 1000);
    one.where = std::move(where);
    return judge_one(one, cases).cases.size();
  };
  CHECK(covered({}) == 3);
  CHECK(covered({{"suite", "kernels"}}) == 3);
  CHECK(covered({{"backend", "simd"}}) == 2);
  CHECK(covered({{"backend", "simd"}, {"batch", "2"}}) == 1);
  CHECK(covered({{"suite", "other"}}) == 0);
  CHECK(covered({{"colour", "red"}}) == 0);
}

TEST_CASE("a gate that covers no case is skipped and blocks") {
  for (const Cases& cases : {Cases{}, Cases{measured("scalar")}}) {
    Rule one = at_most("compute.time", 1000);
    one.where = {{"backend", "simd"}};
    const GateResult gate = judge_one(one, cases);
    CHECK(gate.status == GateStatus::kSkipped);
    CHECK(gate.reason.code == reason::kNothingMeasured);
    CHECK(gate.blocking);
  }
}

TEST_CASE("a ratio compares a case with the same case on another backend") {
  const Cases cases = {measured("simd", 25, "1"), measured("scalar", 100, "1"),
                       measured("simd", 50, "2"), measured("scalar", 400, "2")};
  GateResult gate =
      judge_one(against_scalar("compute.throughput", RequireKind::kRatio, 2, kNone), cases);
  CHECK(gate.status == GateStatus::kPass);
  CHECK(gate.value == 4.0);
  CHECK(gate.limit == 2.0);
  CHECK(gate.unit == "x");
  REQUIRE(gate.cases.size() == 2);
  CHECK(gate.cases[1].id == "kernels/batch=2@simd");
  CHECK(gate.cases[1].against == "kernels/batch=2@scalar");
  CHECK(gate.cases[1].value == 8.0);

  gate = judge_one(against_scalar("compute.throughput", RequireKind::kRatio, 5, kNone), cases);
  CHECK(gate.status == GateStatus::kFail);
  CHECK_THAT(gate.reason.detail, Contains("4x") && Contains("batch=1@simd"));
}

TEST_CASE("a change is relative to the other arm and keeps its sign") {
  const Cases cases = {measured("simd", 104), measured("scalar", 100)};
  const auto status = [&](double min, double max) {
    return judge_one(against_scalar("compute.time", RequireKind::kChange, min, max), cases);
  };
  CHECK(status(-kNone, 0.05).status == GateStatus::kPass);
  CHECK(status(-kNone, 0.03).status == GateStatus::kFail);
  CHECK(status(-0.01, kNone).status == GateStatus::kPass);
  CHECK(status(0.05, kNone).status == GateStatus::kFail);
  CHECK(status(-kNone, 0.05).value == Approx(0.04));
  CHECK(status(-kNone, 0.05).unit == "%");
  CHECK_THAT(status(-kNone, 0.03).reason.detail, Contains("+4%"));
}

TEST_CASE("without where, the arm that is compared with is not judged against itself") {
  Rule one = against_scalar("compute.throughput", RequireKind::kRatio, 2, kNone);
  one.where.clear();
  CHECK(judge_one(one, {measured("simd", 25), measured("scalar", 100)}).cases.size() == 1);
  const GateResult alone = judge_one(one, {measured("scalar", 100)});
  CHECK(alone.status == GateStatus::kSkipped);
  CHECK(alone.blocking);
}

TEST_CASE("a case that lacks what is to be replaced has no other arm, and is not left out") {
  Rule one = against_scalar("compute.throughput", RequireKind::kRatio, 2, kNone);
  one.against = {{"colour", "red"}};
  const GateResult gate = judge_one(one, {measured("simd", 25), measured("scalar", 100)});
  CHECK(gate.status == GateStatus::kSkipped);
  CHECK(gate.reason.code == reason::kMissingCase);
  CHECK(gate.cases.size() == 1);
}

TEST_CASE("numbers that can't be compared are missing, never a pass") {
  const auto gate = [](double mine, double theirs, double min, double max) {
    CaseResult simd = measured("simd");
    CaseResult scalar = measured("scalar");
    set(simd, "compute.throughput", mine);
    set(scalar, "compute.throughput", theirs);
    return judge_one(against_scalar("compute.throughput", RequireKind::kRatio, min, max),
                     {simd, scalar});
  };
  CHECK(gate(5, 0, 1.5, kNone).status == GateStatus::kSkipped);     // 5 / 0
  CHECK(gate(0, 0, -kNone, kNone).status == GateStatus::kSkipped);  // 0 / 0
  CHECK(gate(1e300, 1e-300, 1.5, kNone).status == GateStatus::kSkipped);
  CHECK(gate(kNan, 1, 0, kNone).status == GateStatus::kSkipped);
  CHECK(gate(1, kNan, 0, kNone).status == GateStatus::kSkipped);
  CHECK(gate(kNone, 1, 0, kNone).status == GateStatus::kSkipped);
  CHECK(gate(1, kNone, -kNone, 1).status == GateStatus::kSkipped);
  CHECK(gate(3, 1, 1.5, kNone).status == GateStatus::kPass);
}

TEST_CASE("a metric that is not a finite number is missing") {
  for (const double value : {kNan, kNone, -kNone}) {
    CaseResult result = measured("simd");
    set(result, "quantize.nmse", value);
    const GateResult gate = judge_one(at_most("quantize.nmse", 1), {result});
    CHECK(gate.status == GateStatus::kSkipped);
    CHECK(gate.reason.code == reason::kMissingMetric);
    CHECK_FALSE(gate.value);
  }
}

TEST_CASE("a metric without a value is missing, with the metric's own reason") {
  CaseResult result = measured("simd");
  set(result, "compute.ceiling", std::nullopt, "no ceiling was measured");
  GateResult gate = judge_one(at_least("compute.ceiling", 0), {result});
  CHECK(gate.reason.text() ==
        "missing-metric: compute.ceiling: no ceiling was measured "
        "(kernels/batch=1@simd)");
  CHECK(gate.blocking);
  result.metrics.erase("compute.ceiling");
  gate = judge_one(at_least("compute.ceiling", 0), {result});
  CHECK_THAT(gate.reason.text(), Contains("not recorded"));
}

TEST_CASE("a simulated device never satisfies a gate on time") {
  CaseResult result = measured("simd");
  set(result, "compute.time", std::nullopt, reason::kSimulatedDevice);
  CHECK(judge_one(at_most("compute.time", 1e9), {result}).reason.code == reason::kSimulatedDevice);
  CHECK(judge_one(rule("output.mismatches", 0, 0), {result}).status == GateStatus::kPass);
}

TEST_CASE("a case without the evidence of a measurement is not judged, whatever its numbers say") {
  struct Flaw {
    const char* words;
    std::function<void(CaseResult&)> make;
  };
  const std::vector<Flaw> flaws = {
      {"no sample of compute", [](CaseResult& c) { c.stages["compute"].samples_ns.clear(); }},
      {"no sample of compute",
       [](CaseResult& c) {
         c.stages["compute"].samples_ns = {0, 0, 0};
       }},
      {"no sample of compute", [](CaseResult& c) { c.stages.erase("compute"); }},
      {"no kernel call", [](CaseResult& c) { c.kernels.clear(); }},
      {"no kernel call", [](CaseResult& c) { c.kernels.front().calls = 0; }},
      {"no kernel call",
       [](CaseResult& c) {
         c.kernels.push_back({"more", 0});
       }},
      {"no output was checked", [](CaseResult& c) { c.metrics.erase("output.mismatches"); }},
      {"no output was checked",
       [](CaseResult& c) { c.metrics["output.mismatches"].value.reset(); }},
  };
  for (const Flaw& flaw : flaws) {
    for (const char* metric : {"compute.time", "output.mismatches", "quantize.nmse"}) {
      INFO(flaw.words << " " << metric);
      CaseResult result = measured("simd");
      flaw.make(result);
      const GateResult gate = judge_one(at_most(metric, 1e9), {result});
      CHECK(gate.status == GateStatus::kSkipped);
      CHECK(gate.blocking);
      CHECK_THAT(gate.reason.text(), Contains("nothing-measured") && Contains(flaw.words));
    }
  }
}

TEST_CASE("a stage's time is judged only if that stage has samples") {
  CaseResult result = measured("simd");
  set(result, "load.time", 100);
  CHECK(judge_one(at_most("load.time", 100), {result}).status == GateStatus::kPass);
  result.stages["load"].samples_ns = {0, 0};
  CHECK(judge_one(at_most("load.time", 100), {result}).reason.code == reason::kMissingMetric);
  CHECK(judge_one(at_most("compute.time", 100), {result}).status == GateStatus::kPass);
}

TEST_CASE("a failed case fails every gate over it, whatever number it still has") {
  for (const char* metric :
       {"quantize.mismatches", "quantize.nmse", "output.mismatches", "compute.time"}) {
    INFO(metric);
    const GateResult gate = judge_one(at_most(metric, 1e9), {measured("simd"), wrong("simd", "2")});
    CHECK(gate.status == GateStatus::kFail);
    CHECK(gate.reason.code == reason::kMismatch);
  }
  CaseResult contradiction = measured("simd");
  set(contradiction, "output.mismatches", 1);
  CHECK(judge_one(at_most("compute.time", 1e9), {contradiction}).status == GateStatus::kFail);
}

TEST_CASE("the number of a failed case is shown") {
  const GateResult gate = judge_one(rule("output.mismatches", 0, 0), {wrong("simd")});
  CHECK(gate.value == 3.0);
  CHECK(gate.limit == 0.0);
}

TEST_CASE("a wrong other arm fails the comparison, a missing one leaves it open") {
  const Rule one = against_scalar("quantize.nmse", RequireKind::kRatio, 0, kNone);
  GateResult gate = judge_one(one, {measured("simd"), wrong("scalar")});
  CHECK(gate.status == GateStatus::kFail);
  CHECK_THAT(gate.reason.text(), Contains("mismatch: the other arm"));

  const Reason fault{reason::kError, "SIGSEGV in run"};
  gate = judge_one(one, {measured("simd"), unmeasured("scalar", CaseStatus::kError, fault)});
  CHECK(gate.status == GateStatus::kSkipped);
  CHECK_THAT(gate.reason.text(), Contains("missing-case: the other arm: error: SIGSEGV in run"));
  CHECK(judge_one(one, {measured("simd")}).reason.code == reason::kMissingCase);
}

TEST_CASE("what is faster than the machine can be fails every gate on its time") {
  CaseResult result = measured("simd");
  set(result, "compute.ceiling", 1.06);
  for (const char* metric : {"compute.time", "compute.throughput", "compute.ceiling"}) {
    INFO(metric);
    const GateResult gate = judge_one(at_least(metric, 0), {result});
    CHECK(gate.status == GateStatus::kFail);
    CHECK(gate.reason.code == reason::kImplausible);
  }
  CHECK(judge_one(rule("output.mismatches", 0, 0), {result}).status == GateStatus::kPass);
  const Rule compared = against_scalar("compute.throughput", RequireKind::kRatio, 0, kNone);
  CHECK(judge_one(compared, {result, measured("scalar")}).reason.code == reason::kImplausible);
  CaseResult other = measured("scalar");
  set(other, "compute.ceiling", 2);
  CHECK(judge_one(compared, {measured("simd"), other}).reason.code == reason::kImplausible);

  set(result, "compute.ceiling", 1.05);  // the ceiling's own spread
  CHECK(judge_one(at_least("compute.ceiling", 0), {result}).status == GateStatus::kPass);
}

TEST_CASE("one missing case of three keeps a gate from passing unless that was declared") {
  const Cases cases = {
      measured("simd", 100, "1"),
      unmeasured("simd", CaseStatus::kSkipped, {reason::kUnavailable, "no device"}, "2"),
      measured("simd", 100, "4")};
  Rule one = at_most("compute.time", 100);
  GateResult gate = judge_one(one, cases);
  CHECK(gate.status == GateStatus::kSkipped);
  CHECK(gate.blocking);
  CHECK(gate.reason.text() ==
        "unavailable: 1 of 3 cases not judged, the first: no device (kernels/batch=2@simd)");

  one.on_missing = OnMissing::kFail;
  CHECK(judge_one(one, cases).status == GateStatus::kFail);

  one.on_missing = OnMissing::kSkip;
  gate = judge_one(one, cases);
  CHECK(gate.status == GateStatus::kPass);
  CHECK_THAT(gate.reason.text(), Contains("1 of 3 cases not judged"));  // and says what is missing
  CHECK(gate.cases[1].status == GateStatus::kSkipped);
}

TEST_CASE("on_missing: skip with everything missing is skipped, without a case judged") {
  Rule one = at_most("compute.time", 100);
  one.on_missing = OnMissing::kSkip;
  for (const Cases& cases :
       {Cases{}, Cases{unmeasured("simd", CaseStatus::kSkipped, {reason::kUnavailable, ""})}}) {
    const GateResult gate = judge_one(one, cases);
    CHECK(gate.status == GateStatus::kSkipped);
    CHECK_FALSE(gate.blocking);
  }
}

TEST_CASE("on_missing: skip does not excuse a case that fails") {
  Rule one = at_most("compute.time", 100);
  one.on_missing = OnMissing::kSkip;
  CHECK(judge_one(one, {unmeasured("simd", CaseStatus::kError, {reason::kError, "crash"}),
                        measured("simd", 101, "2")})
            .status == GateStatus::kFail);
}

TEST_CASE("a feature that is off takes its cases out of a gate; all of them out is skipped") {
  const Reason off{reason::kFeatureOff, "feature 'gpu' is not in `features`"};
  const CaseResult dark = unmeasured("gpu", CaseStatus::kSkipped, off);
  GateResult gate = judge_one(at_most("compute.time", 100), {measured("simd"), dark});
  CHECK(gate.status == GateStatus::kPass);
  CHECK(gate.cases.size() == 2);

  gate = judge_one(at_most("compute.time", 100), {dark});
  CHECK(gate.status == GateStatus::kSkipped);
  CHECK(gate.reason.code == reason::kFeatureOff);
  CHECK_FALSE(gate.blocking);

  Rule compared = against_scalar("compute.time", RequireKind::kRatio, 0, kNone);
  compared.against = {{"backend", "gpu"}};
  gate = judge_one(compared, {measured("simd"), dark});
  CHECK(gate.reason.code == reason::kFeatureOff);
  CHECK_FALSE(gate.blocking);
}

TEST_CASE("a case that was planned and has no numbers is missing, not left out") {
  const Reason lost{reason::kMissingCase, "it was planned and not run"};
  const GateResult gate =
      judge_one(at_most("compute.time", 100),
                {measured("simd"), unmeasured("simd", CaseStatus::kSkipped, lost, "2")});
  CHECK(gate.status == GateStatus::kSkipped);
  CHECK(gate.reason.code == reason::kMissingCase);
}

TEST_CASE("every rule gives one gate, in order") {
  std::vector<Rule> rules = {at_most("compute.time", 100), at_least("compute.ceiling", 0.6)};
  rules[1].id = "second";
  rules[1].required = false;
  const std::vector<GateResult> gates = judge(rules, Cases{measured("simd")}, {});
  REQUIRE(gates.size() == 2);
  CHECK(gates[0].id == "gate");
  CHECK(gates[0].required);
  CHECK(gates[1].id == "second");
  CHECK_FALSE(gates[1].required);
  CHECK(gates[1].status == GateStatus::kFail);
}

namespace {

/// A case whose compute samples lie evenly within `spread` around 100 ns, in an order that `step`
/// makes.
CaseResult spread_case(const std::string& backend, double spread, std::size_t step = 7) {
  CaseResult result = measured(backend, 100);
  auto& samples = result.stages["compute"].samples_ns;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double place = 2 * static_cast<double>(i * step % 20) / 19 - 1;
    samples[i] = static_cast<std::uint64_t>(1000 * (100 + spread * place));
  }
  return result;
}

}  // namespace

TEST_CASE("a limit within the interval of a time is inconclusive, and blocks") {
  const CaseResult noisy = spread_case("simd", 20);
  for (const OnMissing rule : {OnMissing::kBlock, OnMissing::kSkip, OnMissing::kFail}) {
    Rule one = at_most("compute.time", 101);
    one.on_missing = rule;
    const GateResult gate = judge_one(one, {noisy, measured("simd", 1, "2")});
    CHECK(gate.status == GateStatus::kSkipped);
    CHECK(gate.blocking);
    CHECK(gate.reason.code == reason::kInconclusive);
    CHECK_THAT(gate.reason.detail, Contains("needs as written; 20 samples tell ") &&
                                       Contains("this takes about ") && Contains("batch=1@simd"));
    CHECK(gate.value == 100.0);
    REQUIRE(gate.interval);
    CHECK(gate.interval->low < 101);
    CHECK(gate.interval->high > 101);
  }
  CHECK(judge_one(at_most("compute.time", 120), {noisy}).status == GateStatus::kPass);
  CHECK(judge_one(at_most("compute.time", 80), {noisy}).status == GateStatus::kFail);
  CHECK(judge_one(at_least("compute.throughput", 9.9), {noisy}).reason.code ==
        reason::kInconclusive);
  // Next to a case that surely fails it does not matter.
  CHECK(judge_one(at_most("compute.time", 101), {noisy, measured("simd", 500, "2")}).status ==
        GateStatus::kFail);
}

TEST_CASE("exact metrics have no interval") {
  const GateResult gate = judge_one(rule("output.mismatches", 0, 0), {spread_case("simd", 20)});
  CHECK(gate.status == GateStatus::kPass);
  CHECK_FALSE(gate.interval);
  CHECK_FALSE(gate.cases[0].interval);
}

TEST_CASE("a ratio of two noisy arms has an interval too") {
  const Rule one = against_scalar("compute.throughput", RequireKind::kRatio, 1, kNone);
  const Cases arms = {spread_case("simd", 20, 7), spread_case("scalar", 20, 13)};
  const GateResult gate = judge_one(one, arms);
  CHECK(gate.reason.code == reason::kInconclusive);
  CHECK_THAT(gate.reason.detail, Contains("20 rounds tell "));
  Rule generous = one;
  generous.require.min = 0.5;
  CHECK(judge_one(generous, arms).status == GateStatus::kPass);
}

TEST_CASE("the required gates share one chance of a false fail") {
  // Fifteen of twenty samples beyond the limit: enough for one gate (2.1 %), not for one of two.
  CaseResult result = measured("simd");
  auto& samples = result.stages["compute"].samples_ns;
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = i % 4 == 1 ? 90 : 100;
  Rule one = at_most("compute.time", 95);
  CHECK(judge_one(one, {result}).status == GateStatus::kFail);
  Rule other = at_most("compute.time", 1000);
  other.id = "other";
  const auto both = [&] { return judge(std::vector<Rule>{one, other}, Cases{result}, {}); };
  CHECK(both()[0].reason.code == reason::kInconclusive);
  other.required = false;
  CHECK(both()[0].status == GateStatus::kFail);
  CHECK(both()[1].status == GateStatus::kPass);
}

TEST_CASE("a busy machine fails nothing that it may have slowed down") {
  CaseResult result = measured("simd", 100);
  const Rule tight = at_most("compute.time", 60);
  CHECK(judge_one(tight, {result}).status == GateStatus::kFail);
  result.disturbance = {0.03, 0.01};
  CHECK(judge_one(tight, {result}).status == GateStatus::kFail);
  result.disturbance = {0.5, 0};
  GateResult gate = judge_one(tight, {result});
  CHECK(gate.reason.code == reason::kInconclusive);
  CHECK_THAT(gate.reason.detail, Contains("unfit machine: others had 50%"));
  // Half of the time was lost at most, so what takes twice the limit is surely beyond it.
  CHECK(judge_one(at_most("compute.time", 40), {result}).status == GateStatus::kFail);
  CHECK(judge_one(at_most("compute.time", 120), {result}).status == GateStatus::kPass);
  result.disturbance = {0, 0.5};
  CHECK_THAT(judge_one(tight, {result}).reason.detail, Contains("the hypervisor took 50%"));
  // Arms that were measured one after the other can't be compared there, those in turns can.
  const auto status = [&](const char* metric, CaseResult simd) {
    CaseResult scalar = measured("scalar");
    for (CaseResult* arm : {&simd, &scalar}) set(*arm, "load.rate", 1);
    return judge_one(against_scalar(metric, RequireKind::kRatio, 0.5, kNone), {simd, scalar})
        .status;
  };
  CHECK(status("load.rate", measured("simd")) == GateStatus::kPass);
  CHECK(status("load.rate", result) == GateStatus::kSkipped);
  CHECK(status("compute.throughput", result) == GateStatus::kPass);
}

TEST_CASE("more than the ceiling is doubtful where the machine was too busy to know the ceiling") {
  CaseResult result = measured("simd");
  set(result, "compute.ceiling", 1.5);
  result.disturbance = {0.5, 0};
  const GateResult gate = judge_one(at_least("compute.throughput", 0), {result});
  CHECK(gate.reason.code == reason::kInconclusive);
  CHECK_THAT(gate.reason.detail, Contains("150% of what this machine can do"));
  CaseResult other = measured("scalar");
  set(other, "compute.ceiling", 1.5);
  other.disturbance = {0.5, 0};
  CHECK_THAT(judge_one(against_scalar("compute.throughput", RequireKind::kRatio, 0, kNone),
                       {measured("simd"), other})
                 .reason.text(),
             Contains("inconclusive: the other arm: unfit machine"));
  set(result, "compute.ceiling", 2.2);
  CHECK(judge_one(at_least("compute.throughput", 0), {result}).reason.code == reason::kImplausible);
}

TEST_CASE("times of two arms are compared by rounds and by nothing else") {
  const Rule one = against_scalar("compute.time", RequireKind::kChange, -kNone, 0.05);
  const Cases arms = {measured("simd", 100), measured("scalar", 100)};
  std::vector<Comparison> comparisons = compared(arms);
  const auto judged = [&] { return judge(std::span(&one, 1), arms, comparisons).front(); };
  CHECK(judged().status == GateStatus::kPass);
  for (Round& round : comparisons[0].rounds) round.candidate_ns = 110;
  CHECK(judged().status == GateStatus::kFail);
  CHECK(judged().value == Approx(0.1));

  comparisons[0].status = CaseStatus::kError;
  comparisons[0].reason = {reason::kError, "SIGSEGV in run"};
  CHECK(judged().reason.text() ==
        "missing-case: the comparison: error: SIGSEGV in run (kernels/batch=1@simd)");
  comparisons[0].status = CaseStatus::kFail;
  comparisons[0].reason = {reason::kMismatch, "3 outputs disagree"};
  CHECK(judged().status == GateStatus::kFail);
  CHECK_THAT(judged().reason.text(), Contains("mismatch: the comparison: 3 outputs disagree"));
  comparisons.clear();
  CHECK(judged().reason.code == reason::kMissingCase);
  CHECK(judged().blocking);
}

TEST_CASE(
    "a copy of the baseline that differs makes the machine unfit, whatever the candidate does") {
  const auto judged = [](double limit, std::uint64_t null_ns, std::uint64_t candidate_ns) {
    const Rule one = against_scalar("compute.time", RequireKind::kChange, -kNone, limit);
    const Cases arms = {measured("simd", 1000), measured("scalar", 1000)};
    std::vector<Comparison> comparisons = compared(arms);
    for (Round& round : comparisons[0].rounds) {
      round.null_ns = null_ns;
      round.candidate_ns = candidate_ns;
    }
    return judge(std::span(&one, 1), arms, comparisons).front();
  };
  for (const std::uint64_t candidate : {500, 1000, 2000}) {
    const GateResult gate = judged(0.05, 1040, candidate);
    CHECK(gate.reason.code == reason::kInconclusive);
    CHECK_THAT(gate.reason.detail, Contains("unfit machine: a copy of the baseline takes 1.04x"));
    CHECK(gate.value == Approx(static_cast<double>(candidate) / 1000 - 1));
  }
  CHECK(judged(0.05, 970, 1000).reason.code == reason::kInconclusive);
  CHECK(judged(0.05, 1020, 1000).status == GateStatus::kPass);   // less than half of the limit
  CHECK(judged(0.001, 1009, 1000).status == GateStatus::kPass);  // no gate is about less than 2 %
  CHECK(judged(1.0, 1400, 1000).status == GateStatus::kPass);
}

TEST_CASE("rounds that the hypervisor took part in do not count, unless they are many") {
  const Rule one = against_scalar("compute.time", RequireKind::kChange, -kNone, 0.05);
  const Cases arms = {measured("simd", 1000), measured("scalar", 1000)};
  std::vector<Comparison> comparisons = compared(arms);
  for (std::size_t i = 0; i < 2; ++i) {
    comparisons[0].rounds[i].stolen = 0.5;
    comparisons[0].rounds[i].candidate_ns = 9000;
  }
  GateResult gate = judge(std::span(&one, 1), arms, comparisons).front();
  CHECK(gate.status == GateStatus::kPass);
  CHECK(gate.interval == Span{0, 0});
  comparisons[0].rounds[2].stolen = 0.5;
  gate = judge(std::span(&one, 1), arms, comparisons).front();
  CHECK_THAT(gate.reason.text(), Contains("inconclusive: unfit machine: the hypervisor disturbed"));
}

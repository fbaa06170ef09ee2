// All gates of a run together.
#include <array>

#include "gate/judge.hpp"
#include "gate/results.hpp"
#include "support/catch.hpp"

using namespace bitgate;
using namespace bitgate::test;
using Catch::Matchers::Contains;

namespace {

using Cases = std::vector<CaseResult>;
using Gates = std::vector<GateResult>;

GateResult gate(GateStatus status, Reason why = {}, bool required = true, bool blocking = true) {
  GateResult out;
  out.id = "speed";
  out.status = status;
  out.reason = std::move(why);
  out.required = required;
  out.blocking = blocking;
  return out;
}

GateResult passed() { return gate(GateStatus::kPass); }

void check(const Verdict& verdict, VerdictStatus status, ExitCode code, const std::string& reason,
           const std::string& route) {
  CHECK(verdict.status == status);
  CHECK(verdict.exit_code == code);
  CHECK(verdict.reason.text() == reason);
  CHECK(verdict.route == route);
}

const Routes kRoutes{"to pass", "to fail", "to retry"};

Verdict conclude_all(const Gates& gates, const Cases& cases, bool interrupted = false) {
  return conclude(gates, cases, {}, interrupted, kRoutes);
}

}  // namespace

TEST_CASE("pass: every required gate passed on measured cases") {
  check(conclude_all({passed()}, {measured("simd")}), VerdictStatus::kPass, ExitCode::kPass, "",
        "to pass");
}

TEST_CASE("fail, exit 1: a required gate failed") {
  const GateResult failed = gate(GateStatus::kFail, {reason::kLimit, "101 ns, needs <= 100ns"});
  check(conclude_all({passed(), failed}, {measured("simd")}), VerdictStatus::kFail, ExitCode::kFail,
        "limit: speed: 101 ns, needs <= 100ns", "to fail");
}

TEST_CASE("fail, exit 1: a wrong output, whether or not a gate looks at it") {
  check(conclude_all({passed()}, {measured("scalar"), wrong("simd")}), VerdictStatus::kFail,
        ExitCode::kFail, "mismatch: kernels/batch=1@simd: 3 of 256 outputs disagree", "to fail");
}

TEST_CASE("fail, exit 1: a case faster than the machine, whether or not a gate looks at it") {
  CaseResult impossible = measured("simd");
  set(impossible, "compute.ceiling", 2.5);
  check(conclude_all({passed()}, {measured("scalar"), impossible}), VerdictStatus::kFail,
        ExitCode::kFail, "implausible: kernels/batch=1@simd: 250% of what this machine can do",
        "to fail");
}

TEST_CASE("exit 3: a required gate is inconclusive, which outside is skipped") {
  const GateResult open = gate(GateStatus::kSkipped, {reason::kInconclusive, "mde=7% > 5%"});
  const GateResult unjudged = gate(GateStatus::kSkipped, {reason::kMissingMetric, "none"});
  check(conclude_all({passed(), unjudged, open}, {measured("simd")}), VerdictStatus::kSkipped,
        ExitCode::kInconclusive, "inconclusive: speed: mde=7% > 5%", "to retry");
}

TEST_CASE("exit 4: a case ended in an error") {
  const CaseResult broken =
      unmeasured("gpu", CaseStatus::kError, {reason::kError, "SIGSEGV in run"});
  check(conclude_all({passed()}, {measured("simd"), broken}), VerdictStatus::kFail,
        ExitCode::kFault, "error: kernels/batch=1@gpu: SIGSEGV in run", "to retry");
}

TEST_CASE("exit 4: interrupted, with how far it came") {
  const CaseResult left =
      unmeasured("gpu", CaseStatus::kSkipped, {reason::kInterrupted, "it was planned and not run"});
  check(conclude_all({passed()}, {measured("simd"), left}, true), VerdictStatus::kFail,
        ExitCode::kFault, "interrupted: after 1 of 2 cases", "to retry");
}

TEST_CASE("exit 5: nothing was measured") {
  check(conclude_all({passed()}, {}), VerdictStatus::kSkipped, ExitCode::kNothingMeasured,
        "nothing-measured", "to retry");
  const CaseResult skipped =
      unmeasured("gpu", CaseStatus::kSkipped, {reason::kUnavailable, "no device"});
  check(conclude_all({passed()}, {skipped}), VerdictStatus::kSkipped, ExitCode::kNothingMeasured,
        "nothing-measured: unavailable: no device", "to retry");
  CaseResult hollow = measured("simd");
  hollow.stages["compute"].samples_ns.clear();
  const Verdict verdict = conclude_all({passed()}, {hollow});
  CHECK(verdict.exit_code == ExitCode::kNothingMeasured);
  CHECK_THAT(verdict.reason.text(), Contains("no sample of compute"));
}

TEST_CASE("exit 5: a required gate was not judged") {
  const GateResult open = gate(GateStatus::kSkipped, {reason::kMissingBaseline, ""});
  check(conclude_all({passed(), open}, {measured("simd")}), VerdictStatus::kSkipped,
        ExitCode::kNothingMeasured, "missing-baseline: speed", "to retry");
}

TEST_CASE("exit 5: no required gate was judged, though others were") {
  const GateResult optional = gate(GateStatus::kPass, {}, false);
  const GateResult excused = gate(GateStatus::kSkipped, {reason::kUnavailable, ""}, true, false);
  for (const Gates& gates : {Gates{}, Gates{optional}, Gates{excused}, Gates{optional, excused}}) {
    check(conclude_all(gates, {measured("simd")}), VerdictStatus::kSkipped,
          ExitCode::kNothingMeasured, "nothing-measured: no required gate was judged", "to retry");
  }
}

TEST_CASE("what is not required, or declared to be optional, does not block") {
  const GateResult advisory = gate(GateStatus::kFail, {reason::kLimit, ""}, false);
  const GateResult unsure = gate(GateStatus::kSkipped, {reason::kInconclusive, ""}, false);
  const GateResult excused = gate(GateStatus::kSkipped, {reason::kFeatureOff, ""}, true, false);
  CHECK(conclude_all({advisory, unsure, excused, passed()}, {measured("simd")}).exit_code ==
        ExitCode::kPass);
}

TEST_CASE("the graver outcome wins: interrupted, wrong, implausible, failed, broken, open") {
  const CaseResult broken = unmeasured("gpu", CaseStatus::kError, {reason::kError, "crash"});
  CaseResult impossible = measured("simd");
  set(impossible, "compute.ceiling", 2);
  const GateResult failed = gate(GateStatus::kFail, {reason::kLimit, ""});
  const GateResult unsure = gate(GateStatus::kSkipped, {reason::kInconclusive, ""});
  const GateResult open = gate(GateStatus::kSkipped, {reason::kMissingMetric, ""});
  const Gates gates = {open, unsure, failed};
  const Cases cases = {broken, impossible, wrong("scalar")};
  const auto code = [](const Verdict& verdict) { return verdict.reason.code; };
  CHECK(code(conclude_all(gates, cases, true)) == reason::kInterrupted);
  CHECK(code(conclude_all(gates, cases)) == reason::kMismatch);
  CHECK(code(conclude_all(gates, {broken, impossible})) == reason::kImplausible);
  CHECK(code(conclude_all(gates, {broken, measured("simd")})) == reason::kLimit);
  CHECK(code(conclude_all({open, unsure}, {broken, measured("simd")})) == reason::kError);
  CHECK(code(conclude_all({open, unsure}, {measured("simd")})) == reason::kInconclusive);
  CHECK(code(conclude_all({open, passed()}, {measured("simd")})) == reason::kMissingMetric);
}

TEST_CASE("over every combination of results and policies, pass needs a judged required gate") {
  const Reason off{reason::kFeatureOff, "feature"};
  const Reason away{reason::kUnavailable, "no device"};
  CaseResult hollow = measured("simd");
  hollow.kernels.clear();
  CaseResult slow = measured("simd", 500);
  CaseResult impossible = measured("simd");
  set(impossible, "compute.ceiling", 3);
  const std::vector<CaseResult> kinds = {
      measured("simd"),
      slow,
      wrong("simd"),
      hollow,
      impossible,
      unmeasured("simd", CaseStatus::kError, {reason::kError, "crash"}),
      unmeasured("simd", CaseStatus::kSkipped, away),
      unmeasured("simd", CaseStatus::kSkipped, off),
  };
  constexpr std::size_t kGood = 0;
  constexpr std::size_t kAway = 6;
  constexpr std::size_t kOff = 7;
  std::size_t passes = 0;
  const std::size_t n = kinds.size();
  for (std::size_t code = 0; code < n * n * n * 3 * 2 * 2; ++code) {
    std::size_t rest = code;
    const auto digit = [&](std::size_t base) {
      const std::size_t value = rest % base;
      rest /= base;
      return value;
    };
    const std::array<std::size_t, 3> kind = {digit(n), digit(n), digit(n)};
    Cases cases;
    for (const std::size_t one : kind) {
      cases.push_back(kinds[one]);
      cases.back().axes = {{"batch", std::to_string(cases.size())}};
    }
    Rule limit = at_most("compute.time", 100);
    limit.on_missing = std::array{OnMissing::kBlock, OnMissing::kSkip, OnMissing::kFail}[digit(3)];
    limit.required = digit(2) == 0;
    const bool interrupted = digit(2) == 1;

    const Gates gates = judge(std::span(&limit, 1), cases, {});
    const Verdict verdict = conclude_all(gates, cases, interrupted);
    const auto count = [&](std::size_t wanted) {
      return static_cast<std::size_t>(std::count(kind.begin(), kind.end(), wanted));
    };
    const std::size_t excused =
        count(kOff) + (limit.on_missing == OnMissing::kSkip ? count(kAway) : 0);
    // A hollow case is missing like one that is away.
    const std::size_t hollow_ok = limit.on_missing == OnMissing::kSkip ? count(3) : 0;
    const bool pass = !interrupted && limit.required && count(kGood) > 0 &&
                      count(kGood) + excused + hollow_ok == kind.size();
    INFO(kind[0] << kind[1] << kind[2] << " on_missing " << static_cast<int>(limit.on_missing)
                 << " required " << limit.required << " interrupted " << interrupted << ": "
                 << verdict.reason.text());
    CHECK((verdict.status == VerdictStatus::kPass) == pass);
    CHECK((verdict.exit_code == ExitCode::kPass) == pass);
    CHECK(verdict.reason.empty() == pass);
    passes += pass ? 1 : 0;
  }
  CHECK(passes > 0);
}

TEST_CASE("skipped, exit 3: a speed that only a busy machine makes possible, whatever gates say") {
  CaseResult fast = measured("simd");
  set(fast, "compute.ceiling", 1.5);
  fast.disturbance = {0.5, 0};
  const Verdict verdict = conclude_all({passed()}, {fast});
  CHECK(verdict.status == VerdictStatus::kSkipped);
  CHECK(verdict.exit_code == ExitCode::kInconclusive);
  CHECK_THAT(verdict.reason.text(), Contains("inconclusive: kernels/batch=1@simd: unfit machine"));
  fast.disturbance.reset();
  CHECK(conclude_all({passed()}, {fast}).exit_code == ExitCode::kFail);
}

TEST_CASE("a comparison that went wrong counts like a case that did") {
  Comparison comparison;
  comparison.candidate = "a@simd";
  comparison.baseline = "a@scalar";
  const Cases cases = {measured("simd"), measured("scalar")};
  const auto concluded = [&](CaseStatus status, Reason why) {
    comparison.status = status;
    comparison.reason = std::move(why);
    return conclude(Gates{passed()}, cases, std::span(&comparison, 1), false, kRoutes);
  };
  check(concluded(CaseStatus::kFail, {reason::kMismatch, "3 outputs disagree"}),
        VerdictStatus::kFail, ExitCode::kFail,
        "mismatch: a@simd against a@scalar: 3 outputs disagree", "to fail");
  check(concluded(CaseStatus::kError, {reason::kError, "SIGSEGV in run"}), VerdictStatus::kFail,
        ExitCode::kFault, "error: a@simd against a@scalar: SIGSEGV in run", "to retry");
  CHECK(concluded(CaseStatus::kMeasured, {}).status == VerdictStatus::kPass);
}

TEST_CASE("a fail of one kind can have a route of its own") {
  const Routes routes{"to pass", "to fail", "to retry", "to accuracy", "to speed", "to tooling"};
  const auto route = [&](const std::string& metric) {
    GateResult failed = gate(GateStatus::kFail, {reason::kLimit, ""});
    failed.metric = metric;
    return conclude(Gates{failed}, Cases{measured("simd")}, {}, false, routes).route;
  };
  for (const char* metric : {"output.mismatches", "output.max_abs_error", "quantize.nmse"}) {
    CHECK(route(metric) == "to accuracy");
  }
  for (const char* metric : {"compute.time", "compute.throughput", "compute.ceiling",
                             "quantize.time", "output.time", "load.rate", "quantize.rate"}) {
    CHECK(route(metric) == "to speed");
  }
  const auto of_case = [&](const CaseResult& result) {
    return conclude(Gates{passed()}, Cases{result}, {}, false, routes).route;
  };
  CHECK(of_case(wrong("simd")) == "to accuracy");
  CHECK(of_case(unmeasured("simd", CaseStatus::kError, {reason::kError, "SIGSEGV"})) ==
        "to tooling");
  CHECK(of_case(measured("simd")) == "to pass");
}

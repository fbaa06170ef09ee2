#include "receipt/receipts.hpp"

#include <utility>

#include "gate/results.hpp"

namespace bitgate::test {
namespace {

const std::string kSha(64, 'a');

Receipt blank() {
  Receipt receipt;
  receipt.tool = {"0.1.0", "0123456789ab", "GNU 12.2.0 RelWithDebInfo"};
  receipt.started = "2025-01-02T03:04:05Z";
  receipt.finished = "2025-01-02T03:05:06Z";
  receipt.argv = {"bitgate", "run", "kernels.yaml"};
  receipt.environment.facts = {{"cpu.model", "Example CPU 3 GHz"}, {"cpu.cores", "2"}};
  receipt.pipeline = {"kernels", "generative:gate:benchmarks", "/home/me/kernels.yaml", kSha,
                      "version: 1\n"};
  receipt.plugins = {{"cpu_simd", "backend", "0.1.0", "/opt/bitgate/cpu_simd.so", kSha, "1.0", ""},
                     {"console", "reporter", "0.1.0", "/opt/bitgate/console.so", kSha, "1.0", ""}};
  return receipt;
}

/// A 2560x2560 product in `us` microseconds of which the ceiling needs 40.
CaseResult timed(const std::string& backend, double us, const std::string& batch) {
  CaseResult result = measured(backend, us * 1000, batch);
  const double ns = us * 1000;
  result.stages["load"].summary = {2.5e6, 1e4, 2.6e6, 2.7e6};
  result.stages["quantize"].summary = {1.25e7, 1e5, 1.3e7, 1.4e7};
  result.stages["compute"].summary = {ns, ns * 0.012, ns * 1.1, ns * 1.3};
  result.stages["output"].summary = {850, 10, 900, 990};
  const auto nine_tenths = static_cast<std::uint64_t>(ns * 0.9);
  result.stages["compute"].device_clock = {{}, {1, 2, 3}, {nine_tenths, nine_tenths, nine_tenths}};
  result.kernels = {{backend == "simd" ? "avx512vnni/i2_s_gemv" : "scalar/i2_s_gemv", 2400}};
  result.ceilings = {21.5e9, 812e9, 101e9, 202e9};
  result.digest = kSha;
  set(result, "compute.throughput", 2 * 2560.0 * 2560.0 * std::stod(batch) / ns);
  set(result, "compute.ceiling", 40 / us);
  return result;
}

Rule exact() {
  Rule out = rule("output.mismatches", 0, 0);
  out.id = "exact";
  out.require.text = "== 0";
  return out;
}

Rule gain() {
  Rule out = against_scalar("compute.throughput", RequireKind::kRatio, 1.5, kNone);
  out.id = "simd-gain";
  out.require.text = ">= 1.5x";
  return out;
}

Rule ceiling(double share, const std::string& text) {
  Rule out = at_least("compute.ceiling", share);
  out.id = "ceiling";
  out.where = {{"backend", "simd"}};
  out.require.text = text;
  return out;
}

Receipt judged(std::vector<CaseResult> cases, const std::vector<Rule>& rules,
               bool interrupted = false) {
  Receipt receipt = blank();
  receipt.cases = std::move(cases);
  for (const CaseResult& result : receipt.cases) {
    if (result.ceilings) receipt.ceilings[result.threads] = *result.ceilings;
  }
  receipt.interrupted = interrupted;
  receipt.comparisons = compared(receipt.cases);
  receipt.gates = judge(rules, receipt.cases, receipt.comparisons);
  receipt.verdict =
      conclude(receipt.gates, receipt.cases, receipt.comparisons, interrupted, Routes());
  return receipt;
}

std::vector<CaseResult> healthy() {
  return {timed("simd", 52.4, "1"), timed("scalar", 1310, "1"), timed("simd", 980, "128"),
          timed("scalar", 153000, "128")};
}

Context known_context() {
  Context context;
  for (const auto& [name, text] :
       std::map<std::string, std::string>{{"repository", "acme/kernels"},
                                          {"commit", "0123456789abcdef0123456789abcdef01234567"},
                                          {"branch", "feat/45-i2s"},
                                          {"base", "89abcdef0123456789abcdef0123456789abcdef"},
                                          {"pull_request", "7"},
                                          {"issue", "45"},
                                          {"labels", "gpu"},
                                          {"scope", "cpu"}}) {
    context[name] = {std::vector{text}, name == "issue" ? "branch feat/45-i2s" : "event", ""};
  }
  context["changed"].reason = "no rule of the pipeline's scope asks for changed paths";
  return context;
}

Receipt failing() {
  Rule slow = at_most("compute.time", 5e4);
  slow.id = "latency";
  slow.where = {{"batch", "1"}, {"backend", "simd"}};
  slow.require.text = "<= 50us";
  Rule advisory = ceiling(0.9, ">= 90%");
  advisory.required = false;
  Receipt receipt = judged(healthy(), {exact(), gain(), slow, advisory});
  receipt.context = known_context();
  return receipt;
}

CaseResult mismatching() {
  CaseResult result = wrong("simd", "1");
  result.ceilings = {21.5e9, 812e9, 101e9, 202e9};
  result.digest = kSha;
  for (auto& [name, stage] : result.stages) {
    stage.summary.reset();
    stage.reason = result.reason.text();
  }
  return result;
}

Receipt crashed() {
  CaseResult result = unmeasured("simd", CaseStatus::kError,
                                 {reason::kError, "worker of cpu_simd: SIGSEGV in run"}, "1");
  result.stderr_tail = "kernel i2_s_gemv: tile 7\nassertion failed: rows % 4 == 0\n";
  return judged({std::move(result), timed("scalar", 1310, "1")}, {exact(), gain()});
}

Receipt implausibly_fast() {
  return judged({timed("simd", 16, "1"), timed("scalar", 1310, "1")}, {exact(), gain()});
}

Receipt inconclusive() {
  Receipt receipt = judged(healthy(), {exact(), gain()});
  GateResult& gate = receipt.gates.back();
  gate.status = GateStatus::kSkipped;
  gate.reason = {reason::kInconclusive, "mde=7.1% > 5%, rounds=30/90"};
  for (GateCase& one : gate.cases) {
    one.status = GateStatus::kSkipped;
    one.reason = gate.reason;
  }
  receipt.verdict = conclude(receipt.gates, receipt.cases, {}, false, Routes());
  return receipt;
}

CaseResult away(const std::string& backend, const std::string& batch = "1") {
  CaseResult result =
      unmeasured(backend, CaseStatus::kSkipped,
                 {reason::kUnavailable, "no device 'cuda/0'; plugin cuda has: none"}, batch);
  result.device.clear();
  result.threads = 0;
  return result;
}

Receipt partly() {
  Rule lenient = exact();
  lenient.on_missing = OnMissing::kSkip;
  const Reason off{reason::kFeatureOff, "feature 'opencl' is not in `features`"};
  CaseResult dark = away("opencl");
  dark.reason = off;
  return judged({timed("simd", 52.4, "1"), timed("scalar", 1310, "1"), away("gpu"), dark},
                {lenient, gain()});
}

Receipt simulated() {
  CaseResult result = timed("simd", 52.4, "1");
  for (auto& [name, metric] : result.metrics) {
    if (metric.statistic != "median") continue;
    metric.value.reset();
    metric.reason = reason::kSimulatedDevice;
  }
  return judged({std::move(result)}, {exact(), ceiling(0.5, ">= 50%")});
}

Receipt interrupted() {
  const Reason why{reason::kInterrupted, "it was planned and not run"};
  return judged({timed("simd", 52.4, "1"), timed("scalar", 1310, "1"),
                 unmeasured("simd", CaseStatus::kSkipped, why, "128"),
                 unmeasured("scalar", CaseStatus::kSkipped, why, "128")},
                {exact(), gain()}, true);
}

Receipt empty() {
  Receipt receipt = judged({}, {exact()});
  receipt.verdict.reason.detail = "filter 'zebra' matches none of 12 cases";
  return receipt;
}

Receipt hostile() {
  const std::string attack =
      "\x1b[2J\x1b]0;owned\x07 \xe2\x80\xae\xc2\x9b"
      "31m\r\nPASS\xff";
  CaseResult good = timed("simd", 52.4, "1");
  good.suite = good.suite + attack;
  good.id += attack;
  good.kernels.front().name += attack;
  CaseResult bad = unmeasured(attack, CaseStatus::kError, {reason::kError, "died: " + attack});
  bad.suite = good.suite;
  bad.id += attack;
  bad.stderr_tail = attack + "\n" + attack;
  bad.axes.front().second = attack;
  Rule evil = exact();
  evil.id += attack;
  Receipt receipt = judged({good, bad}, {evil});
  receipt.pipeline.name += attack;
  receipt.pipeline.gate += attack;
  receipt.environment.facts.front().second += attack;
  receipt.environment.warnings = {attack};
  receipt.verdict.route += attack;
  Context context = known_context();
  context["branch"].values = {attack};
  context["labels"] = {std::vector{attack}, attack, ""};
  context["issue"] = {{}, "", attack};
  receipt.context = std::move(context);
  return receipt;
}

Receipt in_unicode() {
  CaseResult result = timed("simd", 52.4, "1");
  result.suite = "ядра-矩陣-🚀";
  result.backend = "größe";
  result.id = result.suite + "/batch=1@" + result.backend;
  CaseResult broken =
      unmeasured("größe", CaseStatus::kError,
                 {reason::kError, std::string(90, 'x') +
                                      " 矩陣乘法的結果與預期不符，請檢查核心程式碼並重新執行測試"
                                      "。矩陣乘法的結果與預期不符，請檢查核心程式碼。"});
  broken.suite = result.suite;
  broken.axes = {{"batch", "2"}};
  broken.id = result.suite + "/" + std::string(150, 'y') + "@größe";
  Receipt receipt = judged({result, broken}, {exact()});
  receipt.pipeline.name = "三元 ternary é";
  return receipt;
}

}  // namespace

const std::map<std::string, Receipt>& receipts() {
  static const std::map<std::string, Receipt> all = {
      {"pass", judged(healthy(), {exact(), gain(), ceiling(0.04, ">= 4%")})},
      {"fail", failing()},
      {"mismatch", judged({mismatching(), timed("scalar", 1310, "1")}, {exact(), gain()})},
      {"error", crashed()},
      {"implausible", implausibly_fast()},
      {"inconclusive", inconclusive()},
      {"skipped", judged({away("gpu"), away("gpu", "128")}, {exact()})},
      {"partly", partly()},
      {"simulated", simulated()},
      {"interrupted", interrupted()},
      {"empty", empty()},
      {"hostile", hostile()},
      {"unicode", in_unicode()},
  };
  return all;
}

}  // namespace bitgate::test

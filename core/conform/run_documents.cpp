#include "conform/run_documents.hpp"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/version.hpp"
#include "receipt/json.hpp"

namespace bitgate::conform {
namespace {

using Json = nlohmann::ordered_json;

std::string text(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json event(const char* name, std::size_t index, std::size_t total) {
  return {{"event", name},
          {"index", index},
          {"total", total},
          {"elapsed_s", 0.5 * static_cast<double>(index)},
          {"left_s", index == 0 ? Json(nullptr) : Json(0.5 * static_cast<double>(total - index))}};
}

CaseResult measured_case(const std::string& name) {
  CaseResult out;
  out.suite = "kernels";
  out.backend = "simd";
  out.device = "cpu/avx2";
  out.axes = {{"shape", "256x256"}, {"format", "i2_s"}, {"batch", name}};
  out.id = fmt::format("kernels/shape=256x256/format=i2_s/batch={}@simd", name);
  out.threads = 2;
  out.status = CaseStatus::kMeasured;
  StageResult stage;
  stage.samples_ns = {10'000, 10'100, 10'200};
  stage.repeat = 10;
  stage.stopped_by = "precision";
  stage.summary = Summary{1010, 10, 1020, 1020};
  out.stages = {{"load", stage}, {"quantize", stage}, {"compute", stage}, {"output", stage}};
  out.kernels = {{"avx2/i2_s_gemv", 30}};
  out.metrics = {
      {"compute.time", {1010.0, "ns", Direction::kLower, "median", ""}},
      {"compute.throughput", {64.9, "Gop/s", Direction::kHigher, "median", ""}},
      {"compute.ceiling", {std::nullopt, "1", Direction::kHigher, "median", "no ceiling"}},
      {"output.mismatches", {0.0, "count", Direction::kLower, "exact", ""}}};
  out.ceilings = Ceilings{1e10, 1e11, 1e10, 2e10};
  out.digest = std::string(64, 'a');
  return out;
}

CaseResult failed_case(const std::string& name, CaseStatus status, Reason reason) {
  CaseResult out = measured_case(name);
  out.status = status;
  out.reason = std::move(reason);
  if (status != CaseStatus::kFail) {
    out.metrics.clear();
    out.stages.clear();
    out.kernels.clear();
    out.ceilings.reset();
    out.digest.clear();
  }
  if (status == CaseStatus::kError) {
    out.stages["compute"].reason = "SIGSEGV in run";
    out.stderr_tail = "a line that the plugin printed\nand another\n";
  }
  return out;
}

GateResult gate(const std::string& id, GateStatus status, const Reason& reason,
                const CaseResult& on) {
  GateResult out;
  out.id = id;
  out.metric = "compute.throughput";
  out.require = ">= 1.5x";
  out.status = status;
  out.reason = reason;
  out.unit = "x";
  out.limit = 1.5;
  if (status == GateStatus::kPass || status == GateStatus::kFail) out.value = 1.4;
  out.cases.push_back({on.id, status, reason, out.value, "kernels@scalar"});
  return out;
}

Receipt frame() {
  Receipt out;
  out.tool = {std::string(tool_version()), std::string(tool_git()), std::string(tool_build())};
  out.started = "2024-01-01T00:00:00Z";
  out.finished = "2024-01-01T00:01:00Z";
  out.argv = {"bitgate", "run", "pipeline.yaml"};
  out.environment.facts = {{"cpu.model", "a processor"}, {"cpu.cores", "2"}};
  out.environment.warnings = {"a neighbour is busy"};
  out.pipeline = {"conformance", "generative:gate:conformance", "/pipeline.yaml",
                  std::string(64, 'b'), "version: 1\n"};
  out.plugins = {{"cpu_simd", "backend", "0.1.0", "/plugins/cpu_simd.so", std::string(64, 'c'),
                  "1.0", "a compiler"}};
  out.context.emplace();
  (*out.context)["commit"] = {std::vector{std::string(40, 'd')}, "git", ""};
  (*out.context)["issue"].reason = "nobody says";
  out.ceilings[2] = Ceilings{1e10, 1e11, 1e10, 2e10};
  return out;
}

Verdict verdict_of(VerdictStatus status) {
  if (status == VerdictStatus::kPass) {
    return {status, {}, "FINALIZE → quality-finalizer", ExitCode::kPass};
  }
  if (status == VerdictStatus::kFail) {
    return {status, {reason::kLimit, "gate simd-gain"}, "NEXT → code-refiner", ExitCode::kFail};
  }
  return {status, {reason::kInconclusive, "noise"}, "NEXT → self", ExitCode::kInconclusive};
}

}  // namespace

Receipt small_receipt() {
  Receipt out = frame();
  out.cases = {measured_case("1"), measured_case("128")};
  out.gates = {gate("simd-gain", GateStatus::kPass, {}, out.cases[0])};
  out.verdict = verdict_of(VerdictStatus::kPass);
  return out;
}

Receipt receipt_with_every_status(VerdictStatus verdict) {
  Receipt out = frame();
  out.cases = {
      measured_case("1"),
      failed_case("2", CaseStatus::kFail, {reason::kMismatch, "3 of 512 outputs differ"}),
      failed_case("3", CaseStatus::kSkipped, {reason::kNoGpuAvailable, "no driver"}),
      failed_case("4", CaseStatus::kSkipped, {reason::kUnsupported, ""}),
      failed_case("5", CaseStatus::kError, {reason::kError, "SIGSEGV in run"}),
  };
  const CaseResult& one = out.cases[0];
  out.gates = {
      gate("pass", GateStatus::kPass, {}, one),
      gate("fail", GateStatus::kFail, {reason::kLimit, "1.4x is below 1.5x"}, one),
      gate("inconclusive", GateStatus::kSkipped, {reason::kInconclusive, "12 more rounds"}, one),
      gate("skipped", GateStatus::kSkipped, {reason::kFeatureOff, "gpu"}, one),
      gate("optional", GateStatus::kFail, {reason::kImplausible, ""}, one),
  };
  out.gates.back().required = false;
  out.gates.back().blocking = false;
  out.verdict = verdict_of(verdict);
  return out;
}

Receipt interrupted_receipt() {
  Receipt out = small_receipt();
  out.interrupted = true;
  out.cases[1] = failed_case("128", CaseStatus::kError, {reason::kInterrupted, ""});
  out.verdict = {
      VerdictStatus::kFail, {reason::kInterrupted, "by the user"}, "NEXT → self", ExitCode::kFault};
  return out;
}

Receipt empty_receipt() {
  Receipt out = frame();
  out.ceilings.clear();
  out.verdict = Verdict{};
  return out;
}

Receipt large_receipt(std::size_t cases) {
  Receipt out = frame();
  out.cases.reserve(cases);
  for (std::size_t i = 0; i < cases; ++i) {
    out.cases.push_back(i % 100 == 0 ? measured_case(std::to_string(i))
                                     : failed_case(std::to_string(i), CaseStatus::kSkipped,
                                                   {reason::kUnsupported, "odd columns"}));
  }
  out.gates = {gate("simd-gain", GateStatus::kPass, {}, out.cases[0])};
  out.verdict = verdict_of(VerdictStatus::kPass);
  return out;
}

Receipt hostile_receipt() {
  using namespace std::string_literals;
  const std::vector<std::string> names = {
      "größe/日本語/🦀/e\u0301/\u202Eodd\u202C"s,  // wide, combining, right to left
      "\x1b[2J\x1b]0;title\x07red\x1b[31m"s,              // escapes of terminals
      "line\nbreak\r\ncarriage\rtab\tend"s,
      "nul\0inside"s,
      "::error file=a.cpp::forged\n::set-output name=x::y"s,  // commands of GitHub Actions
      "<script>alert(1)</script>&amp;]]>--><!--"s,
      "| table | cell |\n|---|---|\n`code` **bold** [link](javascript:x) #1 @everyone"s,
      "'; rm -rf / $(touch x) `touch x` %s %n ${secret:TOKEN} {0} {{x}}"s,
      "../../../../etc/passwd"s,
      std::string(20'000, 'n'),
      "\"quoted\\ back\\\\slash\""s,
      ""s,
  };
  Receipt out = frame();
  for (const std::string& name : names) {
    CaseResult one = measured_case(name);
    one.suite = name;
    one.backend = name;
    one.device = name;
    one.kernels = {{name, 1}};
    out.cases.push_back(one);
    CaseResult bad = failed_case(name + "!", CaseStatus::kError, {reason::kError, name});
    bad.stderr_tail = name;
    out.cases.push_back(bad);
    GateResult rule = gate(name, GateStatus::kFail, {reason::kLimit, name}, one);
    rule.require = name;
    out.gates.push_back(rule);
  }
  out.pipeline.name = names[0];
  out.pipeline.path = names[5];
  out.environment.facts.emplace_back("cpu.model", names[1]);
  out.environment.warnings = names;
  out.argv = names;
  out.verdict = {VerdictStatus::kFail, {reason::kLimit, names[4]}, names[6], ExitCode::kFail};
  return out;
}

RunDocuments documents_of(const Receipt& receipt) {
  RunDocuments out;
  Json cases = Json::array();
  Json gates = Json::array();
  for (const CaseResult& one : receipt.cases) {
    Json axes = Json::object();
    for (const auto& [axis, value] : one.axes) axes[axis] = value;
    cases.push_back(
        {{"id", one.id}, {"suite", one.suite}, {"backend", one.backend}, {"axes", axes}});
  }
  for (const GateResult& one : receipt.gates) {
    gates.push_back({{"id", one.id}, {"metric", one.metric}, {"require", one.require}});
  }
  const Json stream = {{"tty", false}, {"color", false}, {"columns", 120}};
  out.plan = text({{"schema", "bitgate.plan/1"},
                   {"tool", {{"version", receipt.tool.version}, {"git", receipt.tool.git}}},
                   {"pipeline",
                    {{"name", receipt.pipeline.name},
                     {"gate", receipt.pipeline.gate},
                     {"path", receipt.pipeline.path}}},
                   {"terminal", {{"stdout", stream}, {"stderr", stream}, {"unicode", true}}},
                   {"cases", cases},
                   {"gates", gates},
                   {"context", to_json(receipt.context.value_or(Context()))}});
  // Runs of very many cases are told of some, which shows the same and takes less time.
  const std::size_t total = receipt.cases.size();
  for (std::size_t i = 0; i < total && i < 1000; ++i) {
    Json started = event("case-started", i, total);
    started["id"] = receipt.cases[i].id;
    out.events.push_back(text(started));
    Json finished = event("case-finished", i, total);
    finished["case"] = to_json(receipt.cases[i]);
    out.events.push_back(text(finished));
  }
  out.events.push_back(
      text({{"event", "message"}, {"level", "warning"}, {"text", "a neighbour is busy"}}));
  out.receipt = text(to_json(receipt));
  return out;
}

RunDocuments small_run() { return documents_of(small_receipt()); }

RunDocuments with_unknown_members(RunDocuments documents) {
  const Json extra = {{"nested", {1, nullptr, "text", {{"deep", true}}}}};
  const auto add = [&](std::string& document) {
    Json parsed = Json::parse(document);
    parsed["x-added-later"] = extra;
    for (const char* list : {"cases", "gates", "plugins"}) {
      if (!parsed.contains(list)) continue;
      for (Json& one : parsed[list]) one["x-added-later"] = extra;
    }
    if (parsed.contains("case")) {
      parsed["case"]["metrics"]["later.metric"] = {
          {"value", 1.5}, {"unit", "furlongs"}, {"direction", "lower"}, {"statistic", "mode"}};
      parsed["case"]["x-added-later"] = extra;
    }
    document = text(parsed);
  };
  add(documents.plan);
  for (std::string& event : documents.events) add(event);
  add(documents.receipt);
  documents.events.insert(documents.events.begin(),
                          text({{"event", "added-later"}, {"anything", extra}}));
  return documents;
}

}  // namespace bitgate::conform

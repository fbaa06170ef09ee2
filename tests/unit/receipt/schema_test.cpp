// docs/receipt.schema.json and the receipts that real and hand-made runs leave, before a validator
// that is not ours.
#include <fstream>
#include <functional>
#include <iterator>

#include <fmt/format.h>

#include "e2e/run.hpp"
#include "receipt/json.hpp"
#include "receipt/receipts.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"

using namespace bitgate;
using namespace bitgate::test;
using Catch::Matchers::Contains;
using Json = nlohmann::ordered_json;

namespace {

Json schema() {
  std::ifstream in(RECEIPT_SCHEMA);
  return Json::parse(in);
}

/// What the validator has against these documents, each in a file of its name; empty if nothing.
std::string violations(const std::map<std::string, std::string>& documents) {
  const TemporaryDirectory directory;
  std::vector<std::string> command = {PYTHON, VALIDATE_JSON, RECEIPT_SCHEMA};
  for (const auto& [name, text] : documents) command.push_back(directory.write(name, text));
  const Outcome outcome = run_program(command);
  INFO("python3-jsonschema has to be installed\n" << outcome.err);
  REQUIRE(outcome.err.find("Traceback") == std::string::npos);
  REQUIRE((outcome.exit_code == 0) == outcome.out.empty());
  return outcome.out;
}

/// What the schema can't say.
void check_promises(const nlohmann::json& receipt) {
  for (const nlohmann::json& result : receipt.at("cases")) {
    INFO(result.at("id"));
    if (result.at("status") != "measured") {
      CHECK_FALSE(result.at("reason").get<std::string>().empty());
      continue;
    }
    std::uint64_t compute_ns = 0;
    for (const nlohmann::json& sample : result.at("stages").at("compute").at("samples_ns")) {
      compute_ns += sample.get<std::uint64_t>();
    }
    CHECK(compute_ns > 0);
    CHECK_FALSE(result.at("kernels").empty());
    for (const nlohmann::json& kernel : result.at("kernels")) {
      CHECK(kernel.at("calls").get<std::uint64_t>() > 0);
    }
    CHECK(result.at("metrics").at("output.mismatches").at("value") == 0);
  }
  if (receipt.at("verdict").at("status") != "pass") return;
  bool judged = false;
  for (const nlohmann::json& gate : receipt.at("gates")) {
    judged = judged || (gate.at("required") && gate.at("status") == "pass");
  }
  CHECK(judged);
}

/// Every property below this schema has a description, under its own or under an allOf.
void check_described(const Json& node, const std::string& path) {
  if (node.is_object()) {
    if (const auto properties = node.find("properties"); properties != node.end()) {
      const bool is_object = node.contains("type");  // else a condition
      for (const auto& [name, property] : properties->items()) {
        INFO(path << "/" << name);
        if (is_object) CHECK(property.contains("description"));
      }
      if (is_object) CHECK(node.at("additionalProperties") == false);
    }
    for (const auto& [name, child] : node.items()) check_described(child, path + "/" + name);
  } else if (node.is_array()) {
    for (const Json& child : node) check_described(child, path);
  }
}

}  // namespace

TEST_CASE("the schema describes every key and allows no other") { check_described(schema(), ""); }

TEST_CASE("the schema's reasons are the closed list") {
  std::string words;
  for (const std::string_view word : reason::kAll) {
    words += (words.empty() ? "" : "|") + std::string(word);
  }
  CHECK(schema().at("definitions").at("reason").at("pattern") == "^(" + words + ")(: [\\s\\S]+)?$");
}

TEST_CASE("the documentation explains every reason") {
  std::ifstream in(RECEIPT_PAGE);
  const std::string page(std::istreambuf_iterator<char>(in), {});
  const std::size_t list = page.find("## Reasons");
  REQUIRE(list != std::string::npos);
  for (const std::string_view word : reason::kAll) {
    INFO(word);
    CHECK(page.find("`" + std::string(word) + "`", list) != std::string::npos);
  }
}

TEST_CASE("receipts of every outcome are valid") {
  std::map<std::string, std::string> documents;
  for (const auto& [name, receipt] : receipts()) {
    const Json json = to_json(receipt);
    documents[name] = json.dump(2);
    check_promises(nlohmann::json::parse(json.dump()));
  }
  const std::string found = violations(documents);
  INFO(found);
  CHECK(found.empty());
}

TEST_CASE("receipts of real runs are valid and keep their promises") {
  const std::string simd = R"(version: 1
name: small
features: [cpu]
backends:
  simd: {plugin: cpu_simd}
  scalar: {plugin: cpu_simd, device: cpu/scalar}
  gpu: {plugin: cuda, feature: gpu}
suites:
  tiny:
    backends: [simd, scalar, gpu]
    load: {source: synthetic, shape: 1280x1024}
    quantize: {format: [f32, i2_s]}
    compute: {batch: [1, 3], cache: [hot, cold]}
  decode:
    backends: [simd]
    load: {source: synthetic, shape: 320x256}
    quantize: {format: i2_s}
    compute: {op: dequantize}
sampling: {min_samples: 3, precision: 50%, max_time: 20ms}
gates:
  - {id: exact, metric: output.mismatches, require: "== 0"}
  - {id: gain, metric: compute.throughput, where: {suite: tiny, backend: simd}, against: {backend: scalar}, require: "0.001x..", required: false}
)";
  const auto zoo = [](const std::vector<std::string>& devices) {
    return zoo_pipeline(ZOO_PLUGIN, devices, kExactGate);
  };
  struct Expected {
    std::string name;
    std::string pipeline;
    std::vector<std::string> options;
    int exit_code;
    std::string status;
  };
  const std::vector<Expected> runs = {
      {"pass", simd, {}, 0, "pass"},
      {"fail", zoo({"correct", "fast-wrong"}), {}, 1, "fail"},
      {"error", zoo({"correct", "segfault"}), {}, 4, "fail"},
      {"missing", zoo_pipeline("no_such_plugin", {"correct"}, kExactGate), {}, 4, "fail"},
      {"skipped", zoo({"unsupported", "unavailable"}), {}, 5, "skipped"},
      {"empty", zoo({"correct"}), {"--filter", "zebra"}, 5, "skipped"},
  };
  std::map<std::string, std::string> documents;
  for (const Expected& expected : runs) {
    INFO(expected.name);
    const Run run = run_pipeline(expected.pipeline, expected.options);
    INFO(run.outcome.err << run.outcome.out);
    REQUIRE(run.receipt.is_object());
    CHECK(run.outcome.exit_code == expected.exit_code);
    CHECK(run.receipt.at("verdict").at("exit_code") == expected.exit_code);
    CHECK(run.receipt.at("verdict").at("status") == expected.status);
    check_promises(run.receipt);
    documents[expected.name] = run.receipt.dump();
  }
  const std::string found = violations(documents);
  INFO(found);
  CHECK(found.empty());
}

TEST_CASE("the schema refuses what breaks a promise") {
  struct Change {
    const char* what;
    std::function<void(Json&)> make;
  };
  const auto first = [](Json& receipt) -> Json& { return receipt["cases"][0]; };
  const std::vector<Change> changes = {
      {"another schema", [](Json& r) { r["schema"] = "bitgate.receipt/2"; }},
      {"an unknown key", [](Json& r) { r["speed"] = 1; }},
      {"an unknown key of a case", [&](Json& r) { first(r)["speed"] = 1; }},
      {"a missing key", [](Json& r) { r.erase("plugins"); }},
      {"a missing key of a gate", [](Json& r) { r["gates"][0].erase("cases"); }},
      {"an invented reason", [&](Json& r) { r["gates"][0]["reason"] = "bored: today"; }},
      {"a reason without its space", [&](Json& r) { r["gates"][0]["reason"] = "error:today"; }},
      {"inconclusive as status", [](Json& r) { r["gates"][0]["status"] = "inconclusive"; }},
      {"a fail without reason", [](Json& r) { r["gates"][0]["status"] = "fail"; }},
      {"a pass without value", [](Json& r) { r["gates"][0]["value"] = nullptr; }},
      {"a pass without a case", [](Json& r) { r["gates"][0]["cases"] = Json::array(); }},
      {"a pass that exits 1", [](Json& r) { r["verdict"]["exit_code"] = 1; }},
      {"a skip that exits 0",
       [](Json& r) {
         r["verdict"].update({{"status", "skipped"}, {"reason", "inconclusive"}});
       }},
      {"more attempts than there may be",
       [](Json& r) {
         r["attempts"] = {{"made", 2}, {"most", 4}};
       }},
      {"an attempt that added nothing to a stage",
       [&](Json& r) {
         first(r)["attempts"] = {{{"added", {{"load", 0}}}, {"fault", nullptr}}};
       }},
      {"exit code 2", [](Json& r) { r["verdict"]["exit_code"] = 2; }},
      {"measured without samples",
       [&](Json& r) { first(r)["stages"]["compute"]["samples_ns"] = Json::array(); }},
      {"measured without kernels", [&](Json& r) { first(r)["kernels"] = Json::array(); }},
      {"a kernel never called", [&](Json& r) { first(r)["kernels"][0]["calls"] = 0; }},
      {"measured and wrong",
       [&](Json& r) { first(r)["metrics"]["output.mismatches"]["value"] = 1; }},
      {"measured and not checked",
       [&](Json& r) { first(r)["metrics"].erase("output.mismatches"); }},
      {"no value and no reason",
       [&](Json& r) { first(r)["metrics"]["compute.time"]["value"] = nullptr; }},
      {"a metric of no stage", [&](Json& r) { first(r)["metrics"]["speed"] = {}; }},
      {"a negative sample", [&](Json& r) { first(r)["stages"]["load"]["samples_ns"][0] = -1; }},
      {"a device clock without execution",
       [&](Json& r) {
         first(r)["stages"]["compute"]["device_clock"] = {
             {"queued_ns", nullptr}, {"submitted_ns", nullptr}, {"execution_ns", nullptr}};
       }},
      {"a device clock of no samples",
       [&](Json& r) {
         r["cases"][0]["stages"]["load"] = r["cases"][0]["stages"]["compute"];
         r["cases"][0]["stages"]["load"].update({{"samples_ns", Json::array()},
                                                 {"median_ns", nullptr},
                                                 {"mad_ns", nullptr},
                                                 {"p90_ns", nullptr},
                                                 {"p99_ns", nullptr},
                                                 {"reason", "none"}});
       }},
      {"a digest too short", [](Json& r) { r["pipeline"]["sha256"] = "abc"; }},
      {"a local time", [](Json& r) { r["started"] = "2025-01-02T03:04:05+01:00"; }},
      {"a relative plugin", [](Json& r) { r["plugins"][0]["path"] = "cpu_simd.so"; }},
  };
  const Json good = to_json(receipts().at("pass"));
  REQUIRE(violations({{"good", good.dump()}}).empty());
  std::map<std::string, std::string> documents;
  for (const Change& change : changes) {
    Json bad = good;
    change.make(bad);
    documents[change.what] = bad.dump();
  }
  const std::string found = violations(documents);
  for (const Change& change : changes) CHECK_THAT(found, Contains(std::string(change.what) + ": "));
}

// Receipts of real runs say what follows from their samples; changed ones are found out.
#include "run/verify.hpp"

#include <map>
#include <random>
#include <set>

#include "e2e/run.hpp"
#include "receipt/json.hpp"
#include "receipt/read.hpp"
#include "run/judgement.hpp"
#include "run/merge.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"

using namespace bitgate;
using namespace bitgate::test;
using Catch::Matchers::Contains;
using Json = nlohmann::ordered_json;

namespace {

const std::string kSmall = R"(version: 1
name: small
features: [cpu]
backends:
  simd: {plugin: cpu_simd}
  scalar: {plugin: cpu_simd, device: cpu/scalar}
  gpu: {plugin: cuda, feature: gpu}
suites:
  tiny:
    backends: [simd, scalar, gpu]
    load: {source: synthetic, shape: 320x256}
    quantize: {format: [i2_s, bf16]}
    compute: {batch: [1, 3], cache: hot}
  decode:
    backends: [simd]
    load: {source: synthetic, values: gaussian, shape: 320x256}
    quantize: {format: i2_s}
    compute: {op: dequantize, cache: hot}
sampling: {min_samples: 3, precision: 50%, max_time: 20ms}
gates:
  - {id: exact, metric: output.mismatches, require: "== 0"}
  - {id: quick, metric: compute.time, require: "<= 1min"}
  - {id: gain, metric: compute.throughput, where: {suite: tiny, backend: simd}, against: {backend: scalar}, require: "0.001x..", required: false}
)";

const std::string kFallback = R"(version: 1
name: fallback
features: [cpu]
backends:
  gpu: {plugin: no_such_plugin, fallback: [simd]}
  simd: {plugin: cpu_simd}
suites:
  tiny:
    backends: [gpu, simd]
    load: {source: synthetic, shape: 64x256}
    quantize: {format: tl1}
    compute: {threads: 1, cache: hot}
sampling: {min_samples: 3, precision: 50%, max_time: 20ms}
gates:
  - {id: exact, metric: output.mismatches, require: "== 0"}
)";

const std::string kModel = R"(version: 1
name: model
features: [cpu]
backends:
  simd: {plugin: cpu_simd}
suites:
  tiny:
    backends: [simd]
    load: {source: synthetic, model: bitnet-tiny}
    quantize: {format: i2_s}
    compute: {op: generate, prompt_tokens: 4, tokens: 4}
    output: {check: oracle}
sampling: {min_samples: 3, precision: 50%, max_time: 20ms}
gates:
  - {id: exact, metric: output.mismatches, require: "== 0"}
  - {id: rate, metric: decode.rate, require: ">= 0.001tokens/s"}
)";

const std::string kCommand = R"(version: 1
name: outside
features: [cpu]
backends:
  command:
    plugin: process
    options:
      command: [echo, "{\"results\": [{\"command\": \"one\", \"times\": [0.5, 0.25]}]}"]
      results: {format: hyperfine}
suites:
  outside:
    backends: [command]
    compute: {op: benchmark, benchmark: [one, two], imported: true}
gates:
  - {id: time, metric: compute.time, require: "<= 1min"}
)";

/// What the other benchmark took, from elsewhere.
const std::string kResults = R"([{"name": "two", "unit": "ms", "value": 12.5}])";

/// The receipt of a run as it lies in a file.
Json receipt_of_run(const std::string& pipeline, const std::vector<std::string>& more = {}) {
  const TemporaryDirectory directory;
  const std::string path = directory / "receipt.json";
  std::vector<std::string> arguments = {"run", directory.write("pipeline.yaml", pipeline), "--json",
                                        path};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Outcome outcome = run_bitgate(arguments);
  INFO(outcome.err << outcome.out);
  return read_receipt(path);
}

const Json& small_receipt() {
  static const Json receipt = receipt_of_run(kSmall);
  return receipt;
}

/// The receipt of what `bitgate merge` makes of runs of a pipeline with these options each, and of
/// one file more.
Json receipt_of_merge(const std::string& pipeline,
                      const std::vector<std::vector<std::string>>& runs,
                      const std::string& results = "") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("pipeline.yaml", pipeline);
  std::vector<std::string> arguments = {"merge"};
  for (const std::vector<std::string>& options : runs) {
    arguments.push_back(directory / (std::to_string(arguments.size()) + ".json"));
    std::vector<std::string> run = {"run", path, "--json", arguments.back()};
    run.insert(run.end(), options.begin(), options.end());
    run_bitgate(run);
  }
  if (!results.empty()) arguments.push_back(directory.write("results.json", results));
  const std::string merged = directory / "merged.json";
  arguments.insert(arguments.end(), {"--json", merged});
  const Outcome outcome = run_bitgate(arguments);
  INFO(outcome.err << outcome.out);
  return read_receipt(merged);
}

/// Receipts of twenty different kinds of runs.
const std::map<std::string, Json>& all_receipts() {
  const auto zoo = [](const std::vector<std::string>& devices, const std::string& more = "") {
    return receipt_of_run(zoo_pipeline(ZOO_PLUGIN, devices, kExactGate + more));
  };
  const auto small = [](const std::vector<std::string>& options) {
    return receipt_of_run(kSmall, options);
  };
  static const std::map<std::string, Json> receipts = {
      {"kernels", small_receipt()},
      {"axes and seed replaced",
       small({"-a", "shape=320x512", "--seed", "7", "--filter", "tiny/*batch=3*"})},
      {"no case", small({"--filter", "zebra"})},
      {"a value set", small({"--set", "sampling.min_samples=4", "--filter", "decode"})},
      {"a shard", small({"--shard", "2/3", "--filter", "tiny/*bf16*"})},
      {"shards merged", receipt_of_merge(kFallback, {{"--shard", "1/2"}, {"--shard", "2/2"}})},
      {"a shard missing", receipt_of_merge(kFallback, {{"--shard", "2/2"}})},
      {"wrong output", zoo({"correct", "fast-wrong"})},
      {"crash", zoo({"correct", "segfault"})},
      {"not here", zoo({"unsupported", "unavailable"})},
      {"no plugin", receipt_of_run(zoo_pipeline("no_such_plugin", {"correct"}, kExactGate))},
      {"too slow", zoo({"correct"}, "  - {id: slow, metric: compute.time, require: \"<= 1ns\"}\n")},
      {"no target",
       zoo({"correct"}, "  - {id: goal, metric: compute.time, require: {target: none}}\n")},
      {"no such number",
       zoo({"correct"},
           "  - {id: rate, metric: decode.rate, require: \">= 1tokens/s\", on_missing: fail}\n")},
      {"nobody must",
       zoo({"correct"},
           "  - {id: slow, metric: compute.time, require: \"<= 1ns\", required: false}\n")},
      {"fallback", receipt_of_run(kFallback)},
      {"model", receipt_of_run(kModel)},
      {"command", receipt_of_run(kCommand)},
      {"imported", receipt_of_merge(kCommand, {{"--filter", "one"}}, kResults)},
      {"review", receipt_of_run("gate: \"review:gate:benchmarks\"\n" +
                                zoo_pipeline(ZOO_PLUGIN, {"correct"}, kExactGate))},
  };
  return receipts;
}

std::vector<std::string> differences(const Json& receipt) { return verify(receipt).differences; }

/// With the digest that such a receipt has to have.
Json redigested(Json receipt) {
  receipt["digest"] = digest_of(receipt);
  return receipt;
}

}  // namespace

TEST_CASE("a Debug build judges what is exact, and no time unless it was told to") {
  Receipt receipt = receipt_of(small_receipt());
  const Pipeline pipeline = pipeline_in(receipt.pipeline);
  const auto judged = [&](const std::string& build) {
    receipt.tool.build = build;
    judge_receipt(pipeline, receipt);
    CHECK(verify(to_json(receipt)).differences.empty());
    return receipt.gates;
  };
  // The tests' own runs have all times judged.
  std::erase_if(receipt.environment.facts,
                [](const auto& fact) { return fact.first == "build.judged"; });
  const std::size_t facts = receipt.environment.facts.size();
  for (const char* build : {"GNU 12.2.0, Debug", "GNU 12.2.0, "}) {
    receipt.environment.facts.resize(facts);
    const std::vector<GateResult> refused = judged(build);
    CHECK(refused[0].status == GateStatus::kPass);
    CHECK(refused[1].status == GateStatus::kSkipped);
    CHECK_THAT(refused[1].reason.text(), Contains("Debug build of bitgate mean nothing"));
    CHECK(refused[2].status == GateStatus::kSkipped);
    CHECK(receipt.verdict.exit_code == ExitCode::kNothingMeasured);
    receipt.environment.facts.emplace_back("build.judged", "as BITGATE_JUDGE_DEBUG=1 asks for");
    CHECK(judged(build)[1].status == GateStatus::kPass);
  }
  receipt.environment.facts.resize(facts);
  CHECK(judged("GNU 12.2.0, RelWithDebInfo")[1].status == GateStatus::kPass);
  // Nor does a plugin that was built so, whose file may have another name than a link to it.
  const auto plugin = std::find_if(receipt.plugins.begin(), receipt.plugins.end(),
                                   [](const PluginInfo& one) { return one.id == "cpu_simd"; });
  REQUIRE(plugin != receipt.plugins.end());
  plugin->build = "gcc 12.2, C++, unoptimized";
  CHECK_THAT(judged("GNU 12.2.0, RelWithDebInfo")[1].reason.text(),
             Contains("plugin cpu_simd was built without optimization"));
  plugin->id = "other";
  CHECK(judged("GNU 12.2.0, RelWithDebInfo")[1].status == GateStatus::kSkipped);
}

TEST_CASE("the receipt of every kind of run is verified, with its verdict") {
  CHECK(all_receipts().size() == 20);
  std::set<int> exit_codes;
  for (const auto& [kind, receipt] : all_receipts()) {
    const Verification result = verify(receipt);
    CAPTURE(kind, result.differences);
    CHECK(result.differences.empty());
    CHECK(static_cast<int>(result.verdict.exit_code) == receipt["verdict"]["exit_code"]);
    exit_codes.insert(static_cast<int>(result.verdict.exit_code));
    // What was read is written as it was, byte for byte.
    CHECK(to_json(receipt_of(receipt)).dump() == receipt.dump());
  }
  CHECK(exit_codes == std::set<int>{0, 1, 3, 4, 5});
}

TEST_CASE("a thousand single bytes changed: found out, or the same receipt") {
  std::mt19937_64 random(1);
  int harmless = 0;
  int unreadable = 0;
  int found = 0;
  for (const auto& [kind, receipt] : all_receipts()) {
    const std::string own = receipt.dump();
    const std::string text = receipt.dump(2);
    for (int i = 0; i < 50; ++i) {
      std::string changed = text;
      char& byte = changed[random() % changed.size()];
      const char before = byte;
      // Half of them characters that JSON uses, so that many still parse.
      do {
        constexpr std::string_view kLikely = "0123456789-+.eE\",:{}[] \ntrufalsn";
        byte = i % 2 == 0 ? static_cast<char>(random()) : kLikely[random() % kLikely.size()];
      } while (byte == before);
      CAPTURE(kind, i);
      try {
        const Json parsed = parse_receipt(changed);
        if (parsed.dump() == own) {
          ++harmless;  // white space, or another spelling of the same number
        } else {
          const bool differs = !differences(parsed).empty();
          CHECK(differs);
          ++found;
        }
      } catch (const BadReceipt&) {
        ++unreadable;
      }
    }
  }
  CHECK(harmless + unreadable + found == 1000);
  CHECK(harmless < 400);  // most of a receipt is not white space
  CHECK(found > 100);
}

TEST_CASE("who makes the digest fit is found out by what follows from the samples") {
  const auto found = [](const std::function<void(Json&)>& change) {
    Json receipt = small_receipt();
    change(receipt);
    std::string all;
    for (const std::string& one : differences(redigested(receipt))) all += one + "\n";
    return all;
  };
  CHECK_THAT(found([](Json& r) { r["cases"][0]["metrics"]["compute.time"]["value"] = 1.5; }),
             Contains("cases[0].metrics.compute.time.value: the receipt says 1.5, its samples "));
  // All of them: where one alone lies beyond the others, the median need not see it.
  CHECK_THAT(found([](Json& r) {
               for (Json& sample : r["cases"][0]["stages"]["compute"]["samples_ns"]) sample = 1;
             }),
             Contains("cases[0].stages.compute.median_ns: ") || Contains("verdict.status: "));
  CHECK_THAT(found([](Json& r) { r["cases"][0]["stages"]["load"]["median_ns"] = 1; }),
             Contains("cases[0].stages.load.median_ns: "));
  CHECK_THAT(found([](Json& r) { r["gates"][1]["limit"] = 1.0; }), Contains("gates[1].limit: "));
  CHECK_THAT(found([](Json& r) { r["gates"][1]["require"] = "<= 2min"; }),
             Contains("gates[1].require: the receipt says \"<= 2min\", its samples \"<= 1min\""));
  CHECK_THAT(found([](Json& r) { r["verdict"]["route"] = "elsewhere"; }),
             Contains("verdict.route: "));
  CHECK_THAT(found([](Json& r) { r["ceilings"] = Json::object(); }), Contains("ceilings: lacks"));
  CHECK_THAT(found([](Json& r) { r["cases"].erase(1); }), Contains("not those of the pipeline"));
  CHECK_THAT(found([](Json& r) { r["extra"] = 1; }), Contains("extra: no receipt of this bitgate"));
  CHECK_THAT(found([](Json& r) {
               std::string text = r["pipeline"]["text"];
               text.replace(text.find("1min"), 4, "1ns");
               r["pipeline"]["text"] = text;
             }),
             Contains("pipeline.sha256: ") && Contains("gates[1].require: ") &&
                 Contains("verdict.status: ") && Contains("its samples \"fail\""));
}

TEST_CASE("attempts must add up, and none may follow a fail") {
  const Json good = receipt_of_run(
      zoo_pipeline(ZOO_PLUGIN, {"wavers"},
                   std::string(kExactGate) +
                       "  - {id: open, metric: compute.time, require: \"<= 40ms\"}\n") +
      "retry: {max: 1}\n");
  CHECK(good["verdict"]["exit_code"] == 3);
  CHECK(good["attempts"]["made"] == 2);
  CHECK(differences(good).empty());
  CHECK(differences(to_json(merge(std::vector<Shard>{{"all", receipt_of(good)}}))).empty());

  const auto found = [&](const std::function<void(Json&)>& change) {
    Json receipt = good;
    change(receipt);
    std::string all;
    for (const std::string& one : differences(redigested(receipt))) all += one + "\n";
    return all;
  };
  CHECK_THAT(found([](Json& r) { r["attempts"]["made"] = 1; }),
             Contains("attempts.made: the receipt says 1, its samples 2"));
  CHECK_THAT(found([](Json& r) { r["cases"][0]["attempts"][1]["added"]["compute"] = 3; }),
             Contains("do not add up to its "));
  CHECK_THAT(found([](Json& r) { r["cases"][0].erase("attempts"); }), Contains("attempts.made"));
  // As if one had been tried again that was slow at first.
  CHECK_THAT(found([](Json& r) {
               Json& first = r["cases"][0];
               const auto had = first["attempts"][0]["added"]["compute"].get<std::size_t>();
               Json& samples = first["stages"]["compute"]["samples_ns"];
               for (std::size_t i = 0; i < had; ++i) samples[i] = 90'000'000;
               first["disturbance"] = nullptr;  // by which a busy machine excuses itself
             }),
             Contains("attempts: after attempt 1 gate open had failed for tiny/"));
}

TEST_CASE("the digest is of all that it does not hold itself") {
  Json receipt = small_receipt();
  receipt["argv"][0] = "another";
  const std::vector<std::string> found = differences(receipt);
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], Contains("digest: the receipt says \""));
  receipt.erase("digest");
  CHECK_THAT(differences(receipt).at(0), Contains("digest: the receipt says nothing"));
}

TEST_CASE("what is no whole receipt is refused with the place") {
  const auto error = [](const std::function<void(Json&)>& change) -> std::string {
    Json receipt = small_receipt();
    change(receipt);
    try {
      verify(receipt);
    } catch (const BadReceipt& bad) {
      return bad.what();
    }
    return "";
  };
  CHECK_THAT(error([](Json& r) { r.erase("gates"); }), Contains("it has no \"gates\""));
  CHECK_THAT(error([](Json& r) { r["cases"][0]["status"] = "great"; }),
             Contains("cases[0].status is 'great'"));
  CHECK_THAT(error([](Json& r) { r["cases"][0]["stages"]["compute"]["repeat"] = 0; }),
             Contains("cases[0].stages.compute.repeat is 0"));
  CHECK_THAT(error([](Json& r) { r["cases"][0]["stages"]["compute"]["samples_ns"][0] = -1; }),
             Contains("samples_ns[0] is no whole number"));
  CHECK_THAT(error([](Json& r) { r["pipeline"]["text"] = "version: 7\n"; }),
             Contains("a pipeline that this bitgate can't read"));
}

TEST_CASE("bitgate verify: exit 0 or 1, and files that are another now") {
  const TemporaryDirectory directory;
  const std::string pipeline = directory.write("pipeline.yaml", kSmall);
  const std::string path = directory / "receipt.json";
  REQUIRE(run_bitgate({"run", pipeline, "--filter", "decode", "--json", path}).exit_code == 0);
  Outcome outcome = run_bitgate({"verify", path});
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.out, Contains("verified  " + path + ": pass"));

  static_cast<void>(directory.write("pipeline.yaml", kSmall + "# and a comment\n"));
  outcome = run_bitgate({"verify", path});
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.out, Contains("differs   " + path + ": pipeline " + pipeline));
  CHECK(run_bitgate({"verify", path, "--no-files"}).exit_code == 0);

  std::filesystem::remove(pipeline);
  outcome = run_bitgate({"verify", path});
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.err, Contains("note: pipeline " + pipeline + " was not looked at"));

  const std::string broken = directory.write("broken.json", "{\"schema\": \"bitgate.receipt/1\"}");
  outcome = run_bitgate({"verify", broken, path});
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.out, Contains("differs   " + broken + ": is no whole receipt") &&
                              Contains("verified  " + path));
  CHECK(run_bitgate({"verify"}).exit_code == 2);
  CHECK(run_bitgate({"verify", directory / "none.json"}).exit_code == 2);
}

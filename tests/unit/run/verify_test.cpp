// Receipts of real runs say what follows from their samples; changed ones are found out.
#include "run/verify.hpp"

#include <random>

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
  const auto zoo = [](const std::vector<std::string>& devices) {
    return zoo_pipeline(ZOO_PLUGIN, devices, kExactGate);
  };
  struct Example {
    std::string pipeline;
    std::vector<std::string> options;
  };
  const std::vector<Example> runs = {
      {kSmall, {}},
      {kSmall, {"-a", "shape=320x512", "--seed", "7", "--filter", "tiny/*batch=3*"}},
      {kSmall, {"--filter", "zebra"}},
      {zoo({"correct", "fast-wrong"}), {}},
      {zoo({"correct", "segfault"}), {}},
      {zoo({"unsupported", "unavailable"}), {}},
      {zoo_pipeline("no_such_plugin", {"correct"}, kExactGate), {}},
  };
  for (const Example& run : runs) {
    const Json receipt = receipt_of_run(run.pipeline, run.options);
    const Verification result = verify(receipt);
    CAPTURE(run.pipeline, result.differences);
    CHECK(result.differences.empty());
    CHECK(static_cast<int>(result.verdict.exit_code) == receipt["verdict"]["exit_code"]);
  }
}

TEST_CASE("a thousand single bytes changed: found out, or the same receipt") {
  const std::string text = small_receipt().dump(2);
  REQUIRE(differences(Json::parse(text)).empty());
  std::mt19937_64 random(1);
  int harmless = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string changed = text;
    char& byte = changed[random() % changed.size()];
    const char before = byte;
    // Half of them characters that JSON uses, so that many still parse.
    do {
      constexpr std::string_view kLikely = "0123456789-+.eE\",:{}[] \ntrufalsn";
      byte = i % 2 == 0 ? static_cast<char>(random()) : kLikely[random() % kLikely.size()];
    } while (byte == before);
    CAPTURE(i);
    try {
      const Json parsed = parse_receipt(changed);
      if (parsed.dump() == small_receipt().dump()) {
        ++harmless;  // white space, or another spelling of the same number
      } else {
        const bool found = !differences(parsed).empty();
        CHECK(found);
      }
    } catch (const BadReceipt&) {
      continue;
    }
  }
  CHECK(harmless < 400);  // most of a receipt is not white space
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

// Whole runs of the real backend, and what becomes of reporters.
#include <filesystem>

#include "e2e/run.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

/// Every kind of case that cpu_simd can run, at sizes that take no time.
const std::string kEverything = cpu_pipeline(R"(  matmul:
    backends: [simd, scalar]
    load: {source: synthetic, shape: [48x256, 33x384]}
    quantize: {format: [f32, i2_s]}
    compute: {batch: [1, 5], threads: [1, all], cache: hot}
  cold:
    backends: [simd]
    load: {source: synthetic, shape: 640x2560}
    quantize: {format: [f32, i2_s]}
    compute: {batch: 1, threads: all, cache: cold}
  gaussian:
    backends: [simd, scalar]
    load: {source: synthetic, values: gaussian, shape: 64x512}
    quantize: {format: i2_s, rounding: absmean}
    compute: {op: dequantize}
)");

/// One run of all of it, for the tests that look at it.
const Run& everything() {
  static const Run run = run_pipeline(kEverything);
  return run;
}

}  // namespace

TEST_CASE("the CPU backend is exact in every kind of case, and the receipt says what ran") {
  const Run& run = everything();
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.exit_code == 0);
  CHECK(run.receipt["verdict"]["status"] == "pass");
  CHECK(run.receipt["cases"].size() == 2 * 2 * 2 * 2 * 2 + 2 + 2);
  for (const json& result : run.receipt["cases"]) {
    INFO(result["id"]);
    CHECK(result["status"] == "measured");
    CHECK(result["metrics"]["output.mismatches"]["value"] == 0);
    CHECK_FALSE(result["kernels"].empty());
    for (const json& kernel : result["kernels"]) CHECK(kernel["calls"].get<int>() > 0);
    for (const char* stage : {"load", "compute", "output"}) {
      INFO(stage);
      CHECK_FALSE(result["stages"][stage]["samples_ns"].empty());
    }
    CHECK(result["digest"].get<std::string>().size() == 64);
  }
}

TEST_CASE("integer outputs have the same digest on every device and thread count") {
  std::map<std::string, std::string> digests;
  for (const json& result : everything().receipt["cases"]) {
    if (result["suite"] != "matmul" || result["axes"]["format"] != "i2_s") continue;
    const std::string work = result["axes"]["shape"].get<std::string>() + "/" +
                             result["axes"]["batch"].get<std::string>();
    const auto digest = result["digest"].get<std::string>();
    CHECK(digests.try_emplace(work, digest).first->second == digest);
  }
  CHECK(digests.size() == 4);
}

TEST_CASE("a shape that the format can't hold is skipped with the reason") {
  const Run run = run_pipeline(kEverything, {"-a", "shape=16x100", "--filter", "matmul/*i2_s*"});
  CHECK(run.outcome.exit_code == 5);
  CHECK_THAT(run.on("simd")["reason"].get<std::string>(),
             Contains("unsupported") && Contains("multiple of 128"));
}

TEST_CASE("the seed changes the inputs, and the same seed gives the same outputs") {
  const std::vector<std::string> one = {"--filter", "gaussian*@scalar"};
  std::vector<std::string> other = one;
  other.insert(other.end(), {"--seed", "7"});
  const auto digest = [](const Run& run) { return run.on("scalar")["digest"]; };
  const json first = digest(run_pipeline(kEverything, one));
  CHECK(first == digest(run_pipeline(kEverything, one)));
  CHECK(first != digest(run_pipeline(kEverything, other)));
}

TEST_CASE("a reporter that can't write does not change the verdict unless it is required") {
  const std::string small = zoo_pipeline(ZOO_PLUGIN, {"correct"}, kExactGate);
  const std::string optional =
      small + "reporters:\n  - {plugin: json, options: {path: /nowhere/r.json}}\n";
  const TemporaryDirectory directory;
  const Outcome passed = run_bitgate({"run", directory.write("a.yaml", optional)});
  CHECK(passed.exit_code == 0);
  CHECK_THAT(passed.err, Contains("/nowhere/r.json"));

  const std::string required =
      small + "reporters:\n  - {plugin: json, required: true, options: {path: /nowhere/r.json}}\n";
  CHECK(run_bitgate({"run", directory.write("b.yaml", required)}).exit_code == 4);
}

TEST_CASE("a missing reporter is said, and the run goes on") {
  const std::string pipeline =
      zoo_pipeline(ZOO_PLUGIN, {"correct"}, kExactGate) + "reporters: [{plugin: consol}]\n";
  const Run run = run_pipeline(pipeline);
  CHECK(run.outcome.exit_code == 0);
  CHECK_THAT(run.outcome.err, Contains("no reporter plugin 'consol' (did you mean 'console'?)"));
}

TEST_CASE("a plugin found in the working directory is not loaded") {
  const TemporaryDirectory directory;
  std::filesystem::copy_file(ZOO_PLUGIN, directory / "zoo.so");
  const std::string pipeline =
      directory.write("p.yaml", zoo_pipeline("test.zoo", {"correct"}, kExactGate));
  Surroundings around;
  around.directory = directory.path();
  CHECK(run_bitgate({"run", pipeline}, around).exit_code == 4);

  around.environment["BITGATE_PLUGIN_PATH"] = directory.path();
  CHECK(run_bitgate({"run", pipeline}, around).exit_code == 0);
}

TEST_CASE("weights that are too small to be cold are skipped, and what would do is said") {
  const Run run = run_pipeline(kEverything, {"-a", "shape=4x128", "--filter", "cold/*i2_s*"});
  CHECK(run.outcome.exit_code == 5);
  CHECK_THAT(run.on("simd")["reason"].get<std::string>(),
             Contains("unsupported: cold weights of") && Contains("take a larger shape"));
}

TEST_CASE("a reporter that hangs is given up, and the verdict stands") {
  const Run run = run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"correct"}, kExactGate, "{step: 1s}") +
                               "reporters: [{plugin: " + ZOO_MUTE + "}, {plugin: console}]\n");
  INFO(run.outcome.err);
  CHECK(run.outcome.exit_code == 0);
  CHECK_THAT(run.outcome.err, Contains("no end of step finish within 1 s"));
  CHECK_THAT(run.outcome.out, Contains("PASS"));
  CHECK(run.outcome.left_behind.empty());
}

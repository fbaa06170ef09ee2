// Whole runs on a CPU without AVX: BITGATE_EMULATOR names the emulator, and x86_64.sh tells it the
// CPU.
#include <cstdlib>

#include "e2e/run.hpp"
#include "support/catch.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using nlohmann::json;

namespace {

/// A worker would be a program of its own, which an emulator of programs leaves to this machine's
/// CPU; so the plugin runs in the emulated process.
Run run_emulated(const std::string& pipeline) {
  Surroundings around;
  const char* emulator = std::getenv("BITGATE_EMULATOR");
  REQUIRE(emulator != nullptr);
  around.emulator = emulator;
  return run_pipeline(pipeline, {"--isolate", "none"}, around);
}

std::string pipeline_on(const std::string& backend) {
  return "version: 1\nname: baseline\nfeatures: [cpu]\nbackends:\n  cpu: " + backend + R"(
suites:
  ternary:
    backends: cpu
    load: {source: synthetic, shape: 64x256}
    quantize: {format: [t8, i2_s, tl1, tl2, tq1_0, tq2_0]}
    compute: {batch: [1, 5], threads: 1, cache: hot}
  floats:
    backends: cpu
    load: {source: synthetic, values: gaussian, shape: 64x256}
    quantize: {format: [f32, f16, bf16]}
    compute: {batch: [1, 5], threads: 1, cache: hot}
sampling: {min_samples: 3, precision: 50%, max_time: 20ms}
gates:
  - {id: exact, metric: output.mismatches, require: "== 0"}
)";
}

}  // namespace

TEST_CASE("on a CPU without AVX the fastest device is the scalar one, and the receipt says so") {
  const Run run = run_emulated(pipeline_on("{plugin: cpu_simd, device: cpu/auto}"));
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.signal == 0);
  CHECK(run.outcome.exit_code == 0);
  REQUIRE(run.receipt["cases"].size() == 18);
  for (const json& result : run.receipt["cases"]) {
    INFO(result.dump());
    CHECK(result["status"] == "measured");
    REQUIRE_FALSE(result["kernels"].empty());
    for (const json& kernel : result["kernels"]) {
      CHECK_THAT(kernel["name"].get<std::string>(), StartsWith("scalar/"));
    }
  }
}

TEST_CASE("on a CPU without AVX the devices that need it are unavailable and say what is missing") {
  for (const std::string device : {"avx2", "avx512vnni"}) {
    const Run run = run_emulated(pipeline_on("{plugin: cpu_simd, device: cpu/" + device + "}"));
    INFO(run.outcome.err << run.outcome.out);
    CHECK(run.outcome.signal == 0);
    CHECK(run.outcome.exit_code != 0);
    REQUIRE(run.receipt["cases"].size() == 18);
    for (const json& result : run.receipt["cases"]) {
      CHECK(result["status"] == "skipped");
      CHECK_THAT(result["reason"].dump(), Contains("cpu/" + device + " needs AVX2, FMA, F16C") &&
                                              Contains("lacks AVX2, FMA, F16C"));
    }
  }
}

// Whole runs of the CPU backend over the formats that it has, and the instruction sets that it may
// use.
#include "e2e/run.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

const std::string kFormats = cpu_pipeline(R"(  matmul:
    backends: [simd, scalar]
    load: {source: synthetic, shape: 33x256}
    quantize: {format: [f16, bf16, t8, i2_s, tl1, tl2, tq1_0, tq2_0]}
    compute: {batch: [1, 5], cache: hot}
  odd:
    backends: [simd, scalar]
    load: {source: synthetic, shape: 7x61}
    quantize: {format: [t8, tl1, tl2]}
    compute: {batch: 13, cache: hot}
  back:
    backends: [simd, scalar]
    load: {source: synthetic, values: gaussian, shape: 40x512}
    quantize: {format: [f16, bf16, t8, i2_s, tl1, tl2, tq1_0, tq2_0]}
    compute: {op: dequantize, cache: hot}
)");

std::string one_case(const std::string& backend) {
  return "version: 1\nname: one\nfeatures: [cpu]\nbackends:\n  cpu: " + backend + R"(
suites:
  matmul:
    backends: cpu
    load: {source: synthetic, shape: 32x256}
    quantize: {format: i2_s}
    compute: {threads: 1, cache: hot}
sampling: {min_samples: 3, precision: 50%, max_time: 20ms}
gates:
  - {id: exact, metric: output.mismatches, require: "== 0"}
)";
}

}  // namespace

TEST_CASE("every format is right in every kind of case, and its kernels say which it is") {
  const Run run = run_pipeline(kFormats);
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.exit_code == 0);
  CHECK(run.receipt["cases"].size() == 2 * (16 + 3 + 8));
  for (const json& result : run.receipt["cases"]) {
    INFO(result["id"]);
    CHECK(result["status"] == "measured");
    const std::string format = result["axes"]["format"];
    for (const json& kernel : result["kernels"]) {
      CHECK_THAT(kernel["name"].get<std::string>(), Contains("/" + format + "_"));
    }
  }
}

TEST_CASE("a format that can't hold a shape is skipped with the reason") {
  const Run run =
      run_pipeline(kFormats, {"-a", "format=tq1_0", "-a", "shape=16x100", "--filter", "matmul/*"});
  REQUIRE_FALSE(run.receipt["cases"].empty());
  for (const json& result : run.receipt["cases"]) {
    CHECK(result["status"] == "skipped");
    CHECK_THAT(result["reason"].dump(), Contains("unsupported") &&
                                            Contains("tq1_0 can't hold 16x100") &&
                                            Contains("multiple of 256"));
  }
}

TEST_CASE("option isa forces the backend down, and it says so") {
  const Run run = run_pipeline(one_case("{plugin: cpu_simd, options: {isa: scalar}}"));
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.exit_code == 0);
  CHECK(run.on("cpu")["kernels"][0]["name"] == "scalar/i2_s_gemv");
}

TEST_CASE("a device that option isa rules out is unavailable") {
  const Run run =
      run_pipeline(one_case("{plugin: cpu_simd, device: cpu/avx2, options: {isa: scalar}}"));
  CHECK(run.outcome.exit_code != 0);
  CHECK(run.on("cpu")["status"] == "skipped");
  CHECK_THAT(run.on("cpu")["reason"].dump(), Contains("isa: scalar rules out cpu/avx2"));
}

TEST_CASE("an unknown instruction set is an error that lists those there are") {
  const Run run = run_pipeline(one_case("{plugin: cpu_simd, options: {isa: avx9000}}"));
  CHECK(run.outcome.exit_code != 0);
  CHECK_THAT(run.on("cpu")["reason"].dump(), Contains("avx9000") && Contains("scalar"));
}

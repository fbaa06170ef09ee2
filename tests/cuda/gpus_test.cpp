// Whole runs of the GPU backends on a machine that need not have a GPU.
#include "e2e/run.hpp"
#include "support/catch.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

/// Every ternary format, the GPU backend (a YAML map) beside the CPU's; and whatever gates.
std::string pipeline(const std::string& backend, const std::string& gates) {
  return "version: 1\n"
         "name: gpus\n"
         "backends:\n"
         "  gpu: " +
         backend +
         "\n"
         "  simd: {plugin: cpu_simd}\n"
         "suites:\n"
         "  matmul:\n"
         "    backends: [gpu, simd]\n"
         "    load: {source: synthetic, shape: 36x512}\n"
         "    quantize: {format: [t8, i2_s, tl1, tl2, tq1_0, tq2_0]}\n"
         "    compute: {batch: [1, 5], threads: 1, cache: hot}\n"
         "sampling: {min_samples: 3, precision: 50%, max_time: 20ms}\n"
         "limits: {step: 10min}\n"
         "gates:\n" +
         gates;
}

const std::string kExact = "  - {id: exact, metric: output.mismatches, require: \"== 0\"}\n";
const std::string kSpeed =
    "  - {id: speed, metric: compute.throughput, where: {backend: gpu}, against: {backend: simd}, "
    "require: \">= 0.000001x\", on_missing: skip}\n";

/// Integer results are bit for bit the CPU's: the digests of what was computed are alike.
void check_digests(const json& receipt) {
  std::size_t pairs = 0;
  for (const json& one : receipt.at("cases")) {
    for (const json& other : receipt.at("cases")) {
      if (one["axes"] != other["axes"] || one["backend"] != "gpu" || other["backend"] != "simd") {
        continue;
      }
      INFO(one["id"]);
      CHECK(one["status"] == "measured");
      CHECK(one["digest"] == other["digest"]);
      ++pairs;
    }
  }
  CHECK(pairs == 12);
}

}  // namespace

TEST_CASE("a simulated device computes what the CPU does and meets no gate about time") {
  const Run run =
      run_pipeline(pipeline(std::string("{plugin: ") + CUDA_SIMULATED + "}", kExact + kSpeed));
  INFO(run.outcome.err);
  check_digests(run.receipt);
  CHECK(run.gate("exact")["status"] == "pass");
  CHECK(run.gate("speed")["status"] == "skipped");
  CHECK_THAT(run.gate("speed")["reason"].get<std::string>(), Contains("simulated-device"));
}

#ifdef HAS_CUDA
TEST_CASE("without a GPU, cuda loads and says so in the driver's words") {
  Surroundings around;
  around.environment["CUDA_VISIBLE_DEVICES"] = "";
  const Run run = run_pipeline(pipeline("{plugin: cuda, fallback: [simd]}", kSpeed), {}, around);
  INFO(run.outcome.err);
  const json& result = run.on("gpu");
  CHECK(result["status"] == "skipped");
  CHECK_THAT(result["reason"].get<std::string>(),
             Contains("no-gpu-available: cudaGetDeviceCount: "));
  CHECK(result["fallback"]["ran_on"] == "simd");
  CHECK(run.gate("speed")["status"] == "skipped");
}
#endif

#ifdef HAS_OPENCL
TEST_CASE("without a driver, opencl says where drivers are looked for") {
  Surroundings around;
  around.environment["OCL_ICD_VENDORS"] = "/nonexistent/";
  const Run run = run_pipeline(pipeline("{plugin: opencl}", kSpeed), {}, around);
  INFO(run.outcome.err);
  const std::string reason = run.on("gpu")["reason"].get<std::string>();
  CHECK_THAT(reason, Contains("no-gpu-available: no OpenCL driver"));
  CHECK_THAT(reason, Contains("/etc/OpenCL/vendors"));
  CHECK(run.gate("speed")["status"] == "skipped");
}

TEST_CASE("opencl computes what the CPU does, however it cuts the work") {
  const auto work = GENERATE(as<std::string>(), "cores", "lanes");
  const Run run = run_pipeline(pipeline("{plugin: opencl, options: {work: " + work + "}}", kExact));
  INFO(run.outcome.err);
  if (run.on("gpu")["status"] == "skipped") {  // no driver here, which the other test is about
    CHECK_THAT(run.on("gpu")["reason"].get<std::string>(), Contains("no-gpu-available"));
    return;
  }
  check_digests(run.receipt);
  CHECK(run.gate("exact")["status"] == "pass");
}
#endif

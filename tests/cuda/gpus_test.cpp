// Whole runs of the GPU backends on a machine that need not have a GPU.
#include "e2e/run.hpp"
#include "support/catch.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

/// A suite (YAML) on the GPU backend (a YAML map) and on the CPU's, and gates.
std::string pipeline_of(const std::string& backend, const std::string& suite,
                        const std::string& gates) {
  return "version: 1\n"
         "name: gpus\n"
         "features: [gpu]\n"
         "backends:\n"
         "  gpu: " +
         backend +
         "\n"
         "  simd: {plugin: cpu_simd}\n"
         "suites:\n" +
         suite +
         "    backends: [gpu, simd]\n"
         "sampling: {min_samples: 3, precision: 50%, max_time: 20ms}\n"
         "limits: {step: 10min}\n"
         "gates:\n" +
         gates;
}

/// Every ternary format; and whatever gates.
std::string pipeline(const std::string& backend, const std::string& gates) {
  return pipeline_of(backend,
                     "  matmul:\n"
                     "    load: {source: synthetic, shape: 36x512}\n"
                     "    quantize: {format: [t8, i2_s, tl1, tl2, tq1_0, tq2_0]}\n"
                     "    compute: {batch: [1, 5], threads: 1, cache: hot}\n",
                     gates);
}

const std::string kExact = "  - {id: exact, metric: output.mismatches, require: \"== 0\"}\n";
const std::string kSpeed =
    "  - {id: speed, metric: compute.throughput, where: {backend: gpu}, against: {backend: simd}, "
    "require: \">= 0.000001x\", on_missing: skip}\n";

/// The trained model, asked two sums.
std::string model_pipeline(const std::string& backend, const std::string& prompts) {
  return pipeline_of(backend,
                     "  addition:\n"
                     "    load: {source: gguf, path: " ADDITION_MODEL
                     "}\n"
                     "    quantize: {format: [i2_s, tl1, tl2]}\n"
                     "    compute: {op: generate, prompts: " +
                         prompts +
                         ", tokens: 6, threads: 1}\n"
                         "    output: {check: answers}\n",
                     kExact + "  - {id: answers, metric: output.answers, require: \"== 100%\"}\n");
}

/// What was computed on the GPU backend is bit for bit the CPU's: the digests are alike.
void check_digests(const json& receipt, std::size_t expected_pairs) {
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
  CHECK(pairs == expected_pairs);
}

/// The device's own clock stands beside each sample of Compute.
void check_device_clock(const json& receipt) {
  for (const json& one : receipt.at("cases")) {
    if (one["backend"] != "gpu") continue;
    INFO(one["id"]);
    const json& compute = one["stages"]["compute"];
    CHECK(compute["device_clock"]["execution_ns"].size() == compute["samples_ns"].size());
  }
}

/// OpenCL has no driver here, which a test of its own is about.
bool without_driver(const Run& run) {
  if (run.on("gpu")["status"] != "skipped") return false;
  CHECK_THAT(run.on("gpu")["reason"].get<std::string>(), Contains("no OpenCL driver"));
  return true;
}

}  // namespace

TEST_CASE("a simulated device computes what the CPU does and meets no gate about time") {
  const Run run =
      run_pipeline(pipeline(std::string("{plugin: ") + CUDA_SIMULATED + "}", kExact + kSpeed));
  INFO(run.outcome.err);
  check_digests(run.receipt, 12);
  check_device_clock(run.receipt);
  CHECK(run.gate("exact")["status"] == "pass");
  CHECK(run.gate("speed")["status"] == "skipped");
  CHECK_THAT(run.gate("speed")["reason"].get<std::string>(), Contains("simulated-device"));
}

TEST_CASE("a trained model gives the same tokens through the GPU backends as on the CPU") {
  const TemporaryDirectory directory;
  const std::string prompts = directory.write("sums.prompts", "427+889=\t1316\n6+15=\t21\n");
  std::vector<std::string> backends = {std::string("{plugin: ") + CUDA_SIMULATED + "}"};
#ifdef HAS_OPENCL
  backends.emplace_back("{plugin: opencl}");
#endif
  for (const std::string& backend : backends) {
    const Run run = run_pipeline(model_pipeline(backend, prompts));
    INFO(backend << "\n" << run.outcome.err);
    if (without_driver(run)) continue;
    check_digests(run.receipt, 3);
    CHECK(run.gate("exact")["status"] == "pass");
    CHECK(run.gate("answers")["status"] == "pass");
  }
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
  if (without_driver(run)) return;
  check_digests(run.receipt, 12);
  check_device_clock(run.receipt);
  CHECK(run.gate("exact")["status"] == "pass");
}
#endif

// A gate never passes without a measurement, and no speed is believed before the output is.
#include "e2e/run.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using nlohmann::json;

namespace {

const std::string kSpeedGate =
    "  - {id: speed, metric: compute.throughput, where: {backend: fast-wrong}, "
    "against: {backend: correct}, require: \">= 2x\"}\n";

}  // namespace

TEST_CASE("a kernel with one wrong weight fails, however fast it is") {
  const Run run = run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"correct", "fast-wrong"}, kSpeedGate));
  INFO(run.outcome.err);
  CHECK(run.outcome.exit_code == 1);
  CHECK(run.receipt["verdict"]["status"] == "fail");
  CHECK(run.gate("speed")["status"] == "fail");
  CHECK_THAT(run.gate("speed")["reason"].get<std::string>(), Contains("mismatch"));

  const json& wrong = run.on("fast-wrong");
  CHECK(wrong["status"] == "fail");
  CHECK(wrong["metrics"]["output.mismatches"]["value"].get<double>() > 0);
  for (const char* metric : {"compute.time", "compute.throughput", "compute.bandwidth",
                             "compute.ceiling", "quantize.time", "load.time"}) {
    INFO(metric);
    CHECK(wrong["metrics"][metric]["value"].is_null());
    CHECK_THAT(wrong["metrics"][metric]["reason"].get<std::string>(), Contains("mismatch"));
  }
  for (const auto& [name, stage] : wrong["stages"].items()) {
    INFO(name);
    CHECK(stage["samples_ns"].empty());
    CHECK(stage["median_ns"].is_null());
    CHECK(stage["p99_ns"].is_null());
  }
}

TEST_CASE("a wrong output fails the verdict even if no gate looks at it") {
  const std::string gate =
      "  - {id: codec, metric: quantize.mismatches, where: {backend: correct}, require: \"== "
      "0\"}\n";
  const Run run = run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"correct", "fast-wrong"}, gate));
  CHECK(run.gate("codec")["status"] == "pass");
  CHECK(run.outcome.exit_code == 1);
}

TEST_CASE("a backend that repeats its first answer is found out") {
  const Run run = run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"remembers"}, kExactGate));
  CHECK(run.outcome.exit_code == 1);
  CHECK(run.on("remembers")["status"] == "fail");
}

TEST_CASE("a backend that does nothing is found out") {
  const Run run = run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"idle"}, kExactGate));
  CHECK(run.outcome.exit_code == 1);
  CHECK(run.on("idle")["status"] == "fail");
}

TEST_CASE("an unsupported case is skipped with the plugin's reason and never a pass") {
  const Run run = run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"unsupported"}, kExactGate));
  CHECK(run.outcome.exit_code == 5);
  CHECK(run.on("unsupported")["status"] == "skipped");
  CHECK(run.on("unsupported")["reason"] == "unsupported: the zoo keeps this one idle");
  CHECK(run.receipt["verdict"]["status"] == "skipped");
}

TEST_CASE("a device that can't be opened is skipped with the plugin's reason and never a pass") {
  const Run run = run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"unavailable"}, kExactGate));
  CHECK(run.outcome.exit_code == 5);
  CHECK(run.on("unavailable")["reason"] == "unavailable: the zoo has no such animal");
}

TEST_CASE("a device that the plugin does not have is skipped, and the devices are named") {
  const Run run = run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"zebra"}, kExactGate));
  CHECK(run.outcome.exit_code == 5);
  CHECK_THAT(run.on("zebra")["reason"].get<std::string>(), Contains("zoo/correct"));
}

TEST_CASE("a missing plugin is a fault that says where was looked") {
  const Run run = run_pipeline(zoo_pipeline("no_such_plugin", {"correct"}, kExactGate));
  INFO(run.outcome.out);
  CHECK(run.outcome.exit_code == 4);
  CHECK_THAT(run.outcome.err, !Contains("\\x0a"));  // a progress line is one line
  CHECK_THAT(run.on("correct")["reason"].get<std::string>(),
             Contains("no backend plugin 'no_such_plugin'") && Contains("looked in"));
}

TEST_CASE("a filter that matches nothing measures nothing: exit 5") {
  const Run run =
      run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"correct"}, kExactGate), {"--filter", "zebra"});
  CHECK(run.outcome.exit_code == 5);
  CHECK(run.receipt["verdict"]["status"] == "skipped");
  CHECK_THAT(run.receipt["verdict"]["reason"].get<std::string>(),
             Contains("filter 'zebra' matches none of 1 cases"));
}

TEST_CASE("where no feature is on nothing is measured, whatever a backend needs: exit 5") {
  const std::string on = "features: [cpu]\n";
  std::string pipeline = zoo_pipeline(ZOO_PLUGIN, {"correct"}, kExactGate);
  const bool written = GENERATE(true, false);
  pipeline.replace(pipeline.find(on), on.size(), written ? "features: []\n" : "");
  const std::string hint =
      written ? "pipeline.yaml:3:11: features: [] turns nothing on; write features: [cpu]"
              : "pipeline.yaml: features: is not written, which turns nothing on; write "
                "features: [cpu]";
  const Run run = run_pipeline(pipeline);
  INFO(run.outcome.out);
  CHECK(run.outcome.exit_code == 5);
  CHECK(run.receipt["verdict"]["status"] == "skipped");
  CHECK_THAT(run.receipt["verdict"]["reason"].get<std::string>(),
             StartsWith("nothing-measured: feature-off: ") && Contains(hint));
  CHECK(run.on("correct")["status"] == "skipped");
  CHECK(run.receipt["plugins"].size() == 2);  // the reporters: no backend was opened
  CHECK(run_pipeline(pipeline, {"--set", "features=[cpu]"}).outcome.exit_code == 0);
}

TEST_CASE("an empty suite measures nothing: exit 5") {
  std::string pipeline = zoo_pipeline(ZOO_PLUGIN, {"correct"}, kExactGate);
  pipeline.replace(pipeline.find("format: i2_s"), 12, "format: []");
  const Run run = run_pipeline(pipeline);
  CHECK(run.outcome.exit_code == 5);
  CHECK_THAT(run.receipt["verdict"]["reason"].get<std::string>(), Contains("expands to no case"));
}

TEST_CASE("a feature that is off skips its backend, which is no measurement") {
  std::string pipeline = zoo_pipeline(ZOO_PLUGIN, {"correct"}, kExactGate);
  const std::string device = "device: zoo/correct";
  pipeline.replace(pipeline.find(device), device.size(), device + ", feature: gpu");
  const Run run = run_pipeline(pipeline);
  CHECK(run.outcome.exit_code == 5);
  CHECK_THAT(run.on("correct")["reason"].get<std::string>(), Contains("feature-off"));
}

TEST_CASE(
    "a scale that is wrong fails, though every code is right and so is what they correlate to") {
  const Run run = run_pipeline(
      zoo_pipeline(ZOO_PLUGIN, {"two-thirds"},
                   "  - {id: scaled, metric: quantize.cosine, require: \">= 0.9\"}\n"));
  INFO(run.outcome.err);
  CHECK(run.outcome.exit_code == 1);
  CHECK(run.on("two-thirds")["metrics"]["quantize.cosine"]["value"].get<double>() > 0.99);
  CHECK(run.on("two-thirds")["metrics"]["quantize.mismatches"]["value"] == 128 * 256);
  CHECK(run.gate("scaled")["status"] == "fail");
}

TEST_CASE("a reference that is not there is said, and nothing is validated against it") {
  const Run run = run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"no-reference"}, kExactGate));
  CHECK(run.outcome.exit_code == 5);
  CHECK(run.on("no-reference")["reason"] == "no-cpp-reference: the zoo keeps no C++");
  CHECK_THAT(run.gate("exact")["reason"].get<std::string>(), Contains("no-cpp-reference: "));
}

TEST_CASE("arms are compared by one clock, the host's, whatever their own clocks say") {
  // It claims to be a thousand times as fast as it is.
  const Run run = run_pipeline(zoo_pipeline(
      ZOO_PLUGIN, {"slow-clock", "clock"},
      "  - {id: gain, metric: compute.time, where: {backend: slow-clock}, against: {backend: "
      "clock}, require: \"<= 0.02x\"}\n"));
  INFO(run.outcome.err << run.outcome.out);
  CHECK((run.outcome.exit_code == 1 || run.outcome.exit_code == 3));
  CHECK(run.gate("gain")["value"].get<double>() > 0.02);
  const json& compute = run.on("slow-clock")["stages"]["compute"];
  CHECK(run.on("slow-clock")["metrics"]["compute.time"]["value"].get<double>() ==
        Approx(compute["median_ns"].get<double>()));
  CHECK(compute["device_clock"]["execution_ns"][0].get<double>() <
        0.1 * compute["samples_ns"][0].get<double>());
}

TEST_CASE("what a device's own clock says stands beside each sample, and within it") {
  const Run run = run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"clock", "correct"}, kExactGate));
  INFO(run.outcome.err);
  CHECK(run.outcome.exit_code == 0);
  const auto& compute = run.on("clock")["stages"]["compute"];
  const auto wall = compute["samples_ns"].get<std::vector<std::uint64_t>>();
  const auto& clock = compute["device_clock"];
  const auto execution = clock["execution_ns"].get<std::vector<std::uint64_t>>();
  REQUIRE(execution.size() == wall.size());
  for (std::size_t i = 0; i < wall.size(); ++i) {
    CHECK(execution[i] > 0);
    CHECK(execution[i] <= wall[i]);
  }
  CHECK(clock["queued_ns"] == std::vector<std::uint64_t>(wall.size(), 0));  // it tells that part
  CHECK(clock["submitted_ns"].is_null());                                   // and not this one
  CHECK(run.on("clock")["stages"]["output"]["device_clock"].is_null());
  CHECK(run.on("correct")["stages"]["compute"]["device_clock"].is_null());
}

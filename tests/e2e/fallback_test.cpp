// A backend that can't be used may have others in its place. What they measure is told and counts
// for nothing.
#include "e2e/run.hpp"
#include "support/catch.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

/// Cases on backend `wanted`, a zoo device with this fallback, and on `scalar`.
std::string pipeline(const std::string& device, const std::string& fallback,
                     const std::string& gates) {
  const auto zoo = [](const std::string& name) {
    return std::string("{plugin: ") + ZOO_PLUGIN + ", device: zoo/" + name;
  };
  return "version: 1\n"
         "name: fallback\n"
         "features: [cpu]\n"
         "backends:\n"
         "  wanted: " +
         zoo(device) + ", fallback: " + fallback +
         "}\n"
         "  away: " +
         zoo("unavailable") +
         "}\n"
         "  unfit: " +
         zoo("unsupported") +
         "}\n"
         "  dear: " +
         zoo("correct") +
         ", feature: gpu}\n"
         "  wrong: " +
         zoo("fast-wrong") +
         "}\n"
         "  right: " +
         zoo("correct") +
         "}\n"
         "  scalar: {plugin: cpu_simd, device: cpu/scalar}\n"
         "suites:\n"
         "  tiny:\n"
         "    backends: [wanted, scalar]\n"
         "    load: {source: synthetic, shape: 128x256}\n"
         "    quantize: {format: i2_s}\n"
         "    compute: {batch: 2, threads: 1, cache: hot}\n"
         "sampling: {min_samples: 3, precision: 50%, max_time: 50ms}\n"
         "gates:\n" +
         gates;
}

const std::string kSpeed =
    "  - {id: speed, metric: compute.throughput, where: {backend: wanted}, "
    "against: {backend: scalar}, require: \">= 0.0001x\", on_missing: skip}\n";
const std::string kExact = "  - {id: exact, metric: output.mismatches, require: \"== 0\"}\n";

}  // namespace

TEST_CASE("fallbacks are tried in order, for what is unavailable or unsupported") {
  const auto device = GENERATE(as<std::string>(), "unavailable", "unsupported");
  const Run run = run_pipeline(pipeline(device, "[away, unfit, dear, right, scalar]", kSpeed));
  INFO(run.outcome.err);
  const json& result = run.on("wanted");
  CHECK(result["fallback"]["ran_on"] == "right");
  const json& refused = result["fallback"]["refused"];
  REQUIRE(refused.size() == 4);
  CHECK(refused[0]["backend"] == "wanted");
  CHECK(refused[1]["backend"] == "away");
  CHECK_THAT(refused[1]["reason"].get<std::string>(), Contains("unavailable"));
  CHECK(refused[2]["backend"] == "unfit");
  CHECK_THAT(refused[2]["reason"].get<std::string>(), Contains("unsupported"));
  CHECK(refused[3]["backend"] == "dear");
  CHECK_THAT(refused[3]["reason"].get<std::string>(), Contains("feature-off"));
  // All that was measured is there, under the case's own name.
  CHECK(result["device"] == "zoo/correct");
  CHECK(result["metrics"]["compute.throughput"]["value"].get<double>() > 0);
  CHECK(result["kernels"].size() == 1);
}

TEST_CASE("no gate is met by a fallback") {
  const Run run = run_pipeline(pipeline("unavailable", "[right]", kSpeed + kExact));
  INFO(run.outcome.err);
  CHECK(run.on("wanted")["status"] == "skipped");
  CHECK_THAT(run.on("wanted")["reason"].get<std::string>(),
             Contains("unavailable: ") && Contains("ran on its fallback right"));
  CHECK(run.gate("speed")["status"] == "skipped");
  CHECK_THAT(run.gate("speed")["reason"].get<std::string>(), Contains("unavailable"));
  CHECK(run.gate("exact")["status"] == "skipped");
  CHECK(run.receipt["verdict"]["status"] == "skipped");
  CHECK(run.outcome.exit_code == 5);
}

TEST_CASE("a gate does not compare with a fallback either") {
  const std::string against_wanted =
      "  - {id: speed, metric: compute.throughput, where: {backend: scalar}, "
      "against: {backend: wanted}, require: \">= 0.0001x\"}\n";
  const Run run = run_pipeline(pipeline("unavailable", "[right]", against_wanted));
  CHECK(run.on("scalar")["status"] == "measured");
  CHECK(run.gate("speed")["status"] == "skipped");
}

TEST_CASE("what went wrong is no reason to fall back, nor excused in a fallback") {
  SECTION("in the backend") {
    const Run run = run_pipeline(pipeline("segfault", "[right]", kExact));
    CHECK(run.on("wanted")["status"] == "error");
    CHECK_FALSE(run.on("wanted").contains("fallback"));
    CHECK(run.outcome.exit_code == 4);
  }
  SECTION("in its fallback") {
    const Run run = run_pipeline(pipeline("unavailable", "[wrong, right]", kExact));
    CHECK(run.on("wanted")["status"] == "fail");
    CHECK(run.on("wanted")["fallback"]["ran_on"] == "wrong");
    CHECK(run.outcome.exit_code == 1);
  }
}

TEST_CASE("a case without a fallback that can be used stays skipped") {
  const Run run = run_pipeline(pipeline("unavailable", "[away, unfit]", kSpeed));
  const json& result = run.on("wanted");
  CHECK(result["status"] == "skipped");
  CHECK(result["fallback"]["ran_on"].is_null());
  CHECK(result["fallback"]["refused"].size() == 3);
  CHECK(result["stages"].empty());
}

TEST_CASE("a plugin that is not installed has a fallback, or is a mistake") {
  const std::string text = pipeline("correct", "[right]", kSpeed);
  const auto without_plugin = [&](const std::string& fallback) {
    const std::size_t begin = text.find("  wanted: ");
    const std::size_t end = text.find('\n', begin);
    return text.substr(0, begin) + "  wanted: {plugin: no.such.plugin" + fallback + "}" +
           text.substr(end);
  };
  const Run fallen_back = run_pipeline(without_plugin(", fallback: [right]"));
  INFO(fallen_back.outcome.err);
  CHECK(fallen_back.on("wanted")["status"] == "skipped");
  CHECK_THAT(fallen_back.on("wanted")["reason"].get<std::string>(), Contains("missing-tool: "));
  CHECK(fallen_back.on("wanted")["fallback"]["ran_on"] == "right");
  CHECK(run_pipeline(without_plugin("")).on("wanted")["status"] == "error");
}

TEST_CASE("a backend that is switched off has no fallback") {
  std::string text = pipeline("correct", "[right]", kSpeed);
  text.replace(text.find("fallback: [right]}"), 18, "feature: gpu, fallback: [right]}");
  const Run run = run_pipeline(text);
  CHECK_THAT(run.on("wanted")["reason"].get<std::string>(), Contains("feature-off"));
  CHECK_FALSE(run.on("wanted").contains("fallback"));
}

TEST_CASE(
    "a gate with fallback: none fails where its backend fell back, as it opens or as it runs") {
  const std::string gates =
      "  - {id: speed, metric: compute.time, require: \"<= 1min\", fallback: none, on_missing: "
      "skip}\n" +
      kExact;
  const auto [device, at_open, at_run] =
      GENERATE(table<std::string, int, int>({{"unavailable", 1, 0}, {"unsupported", 0, 1}}));
  const Run run = run_pipeline(pipeline(device, "[right]", gates));
  INFO(run.outcome.err);
  CHECK(run.on("wanted")["fallback"]["at_open"] == at_open);
  CHECK(run.on("wanted")["fallback"]["at_run"] == at_run);
  CHECK(run.gate("speed")["status"] == "fail");
  CHECK_THAT(run.gate("speed")["reason"].get<std::string>(),
             Contains(device) && Contains("ran on its fallback right"));
  // The time of the fallback is not shown as its own.
  CHECK(run.gate("speed")["cases"][0]["value"].is_null());
  CHECK(run.outcome.exit_code == 1);
}

TEST_CASE("a gate with fallback: none passes where the backend itself ran") {
  const std::string gates =
      "  - {id: speed, metric: compute.time, require: \"<= 1min\", fallback: none}\n";
  const Run run = run_pipeline(pipeline("correct", "[right]", gates));
  CHECK(run.gate("speed")["status"] == "pass");
  CHECK(run.outcome.exit_code == 0);
}

TEST_CASE("a gate with fallback: none does not compare with a fallback") {
  const std::string gates =
      "  - {id: speed, metric: compute.throughput, where: {backend: scalar}, against: {backend: "
      "wanted}, require: \">= 0.0001x\", fallback: none}\n";
  const Run run = run_pipeline(pipeline("unavailable", "[right]", gates));
  CHECK(run.gate("speed")["status"] == "fail");
  CHECK_THAT(run.gate("speed")["reason"].get<std::string>(), Contains("the other arm: "));
}

TEST_CASE("the receipt says which device was asked for, which there are, and which ran") {
  const Run run = run_pipeline(pipeline("unavailable", "[right]", kExact));
  const json& fallen = run.on("wanted")["devices"];
  CHECK(fallen["requested"] == "zoo/unavailable");
  CHECK(fallen["selected"] == "zoo/correct");
  CHECK(fallen["detected"].size() > 10);
  const json& scalar = run.on("scalar")["devices"];
  CHECK(scalar["requested"] == "cpu/scalar");
  CHECK(scalar["selected"] == "cpu/scalar");
}

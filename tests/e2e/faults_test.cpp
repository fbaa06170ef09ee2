// A plugin that fails ends its own case and nothing else.
#include "e2e/run.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

const std::string kShort = "{step: 1s, memory: 256MiB}";  // for what never ends

std::size_t count(const std::string& text, const std::string& words) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(words, at)) != std::string::npos; ++at) ++found;
  return found;
}

/// Runs the zoo device between two healthy ones and returns its case, after checking what must hold
/// for every fault.
json faulty_case(const std::string& device, const std::string& limits = "{step: 60s}") {
  const Run run = run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"correct", device}, kExactGate, limits) +
                               "reporters: [{plugin: console}]\n");
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.exit_code == 4);
  CHECK(run.receipt["verdict"]["exit_code"] == 4);
  CHECK(run.receipt["verdict"]["status"] == "fail");
  CHECK(run.on("correct")["status"] == "measured");
  CHECK(run.gate("exact")["status"] != "pass");
  json result = run.on(device);
  CHECK(result["status"] == "error");
  CHECK_THAT(run.outcome.out, Contains(result["id"].get<std::string>()));
  CHECK(run.outcome.left_behind.empty());
  return result;
}

}  // namespace

TEST_CASE("of a plugin that writes without end the last 64 KiB are kept") {
  const json result = faulty_case("chatter", kShort);
  CHECK_THAT(result["reason"].get<std::string>(), Contains("no end of step run within 1 s"));
  CHECK(result["stderr_tail"].get<std::string>() == std::string(65536, '.'));
}

TEST_CASE("a plugin that logs without end is heard a hundred times in a request") {
  const Run run = run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"flood"}, kExactGate, kShort));
  CHECK(run.outcome.exit_code == 4);
  CHECK_THAT(run.on("flood")["reason"].get<std::string>(), Contains("no end of step run"));
  CHECK(count(run.outcome.err, "still talking") == 100);
  CHECK(count(run.outcome.err, "and more, which is not shown") == 1);
}

TEST_CASE("the last words of a worker that aborts are kept") {
  CHECK(faulty_case("abort")["stderr_tail"] == "assertion failed: the zoo is closed\n");
}

TEST_CASE("frames that are too large or mean too much cost the host little memory") {
  const auto peak = [](const std::string& device) {
    return run_pipeline(zoo_pipeline(ZOO_PLUGIN, {device}, kExactGate)).outcome.peak_kib;
  };
  const long healthy = peak("unsupported");
  CHECK(peak("huge-frame") < healthy + 65536);
  CHECK(peak("large-frame") < healthy + 65536);
}

TEST_CASE("every fault in one run leaves the healthy cases measured and no process behind") {
  const std::vector<std::string> devices = {"segfault", "correct", "hang",
                                            "exit",     "throw",   "fast-wrong"};
  const Run run = run_pipeline(zoo_pipeline(ZOO_PLUGIN, devices, kExactGate, kShort));
  CHECK(run.on("correct")["status"] == "measured");
  CHECK(run.receipt["cases"].size() == devices.size());
  CHECK(run.outcome.left_behind.empty());
}

TEST_CASE("without isolation a healthy plugin gives the same results") {
  const Run run =
      run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"correct"}, kExactGate), {"--isolate", "none"});
  INFO(run.outcome.err);
  CHECK(run.outcome.exit_code == 0);
  CHECK(run.on("correct")["metrics"]["output.mismatches"]["value"] == 0);
}

TEST_CASE("a fault that may pass by itself is tried again where the pipeline says so") {
  const TemporaryDirectory directory;
  const auto run = [&](const std::string& device, const std::string& retry) {
    Surroundings around;
    around.environment["TMPDIR"] = directory.path();
    std::filesystem::remove(directory / "zoo-was-busy");
    return run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"clock", device}, kExactGate) + retry, {},
                        around);
  };
  const Run once = run("busy-once", "");
  CHECK(once.outcome.exit_code == 4);
  CHECK_FALSE(once.receipt.contains("attempts"));
  CHECK(
      once.on("busy-once")["attempts"] ==
      json::parse(R"([{"added": {}, "fault": "TRANSIENT in run: the zoo is too busy just now"}])"));

  const Run again = run("busy-once", "retry: {max: 1}\n");
  INFO(again.outcome.err << again.outcome.out);
  CHECK(again.outcome.exit_code == 0);
  CHECK_THAT(again.outcome.err, Contains("attempt 2 of 2: error: ") && Contains("(1 case again)"));
  CHECK(again.receipt["attempts"] == json::parse(R"({"made": 2, "most": 2})"));
  CHECK_FALSE(again.on("clock").contains("attempts"));
  const json attempts = again.on("busy-once")["attempts"];
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0]["added"].empty());
  CHECK(attempts[1]["added"]["compute"] ==
        again.on("busy-once")["stages"]["compute"]["samples_ns"].size());

  const Run busy = run("busy", "retry: {max: 2}\n");
  CHECK(busy.outcome.exit_code == 4);
  CHECK(busy.receipt["attempts"]["made"] == 3);
  CHECK(busy.receipt["verdict"]["route"] == "NEXT → self (attempt 3/3)");
  REQUIRE(busy.on("busy")["attempts"].size() == 3);
  for (const json& one : busy.on("busy")["attempts"]) CHECK(one["fault"].is_string());

  // No other fault is tried again, nor one beside it, since the verdict is what it is.
  const Run broken =
      run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"busy", "throw"}, kExactGate) + "retry: {max: 2}\n");
  CHECK(broken.outcome.exit_code == 4);
  CHECK(broken.receipt["attempts"]["made"] == 1);
}

// Runs that are ended from outside: nothing is left running, what was measured is kept.
#include <csignal>

#include "e2e/run.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;

namespace {

/// `correct` is measured; then the other device is in the middle of something when signals come.
Run interrupted_run(const std::string& device, const std::vector<int>& signals) {
  Surroundings around;
  around.signals = signals;
  around.when = "[1/2]";
  return run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"correct", device}, kExactGate, "{step: 60s}") +
                          "reporters: [{plugin: console}]\n",
                      {}, around);
}

void check_receipt(const Run& run) {
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.receipt["schema"] == "bitgate.receipt/1");
  CHECK(run.receipt["interrupted"] == true);
  CHECK(run.receipt["verdict"]["status"] == "fail");
  CHECK(run.receipt["verdict"]["exit_code"] == 4);
  CHECK(run.receipt["verdict"]["reason"] == "interrupted: after 1 of 2 cases");
  CHECK(run.on("correct")["status"] == "measured");
  CHECK_FALSE(run.on("correct")["stages"]["compute"]["samples_ns"].empty());
  CHECK(run.receipt["cases"].size() == 2);
  CHECK(run.gate("exact")["status"] != "pass");
  CHECK(run.outcome.left_behind.empty());
}

}  // namespace

TEST_CASE("Ctrl-C and SIGTERM keep what was measured, end the workers and exit 4") {
  for (const int signal : {SIGINT, SIGTERM}) {
    const Run run = interrupted_run("hang", {signal});  // a plugin that is deaf to signals
    check_receipt(run);
    CHECK(run.outcome.exit_code == 4);
    CHECK_THAT(run.on("hang")["reason"].get<std::string>(), Contains("interrupted"));
    CHECK_THAT(run.outcome.out, Contains("FAIL") && Contains("interrupted"));
  }
}

TEST_CASE("a second Ctrl-C ends the run at once, with the receipt of its last checkpoint") {
  // The reporter `mute` never returns from `finish`, so that there is something to cut short.
  const TemporaryDirectory directory;
  const std::string receipt = directory / "r.json";
  const std::string pipeline =
      zoo_pipeline(ZOO_PLUGIN, {"correct", "hang"}, kExactGate, "{step: 60s}") +
      "reporters: [{plugin: console}, {plugin: " + ZOO_MUTE +
      "}, {plugin: json, options: {path: " + receipt + "}}]\n";
  Surroundings around;
  around.signals = {SIGINT, SIGINT, SIGINT, SIGINT, SIGINT, SIGINT};
  around.when = "[1/2]";
  Run run{run_bitgate({"run", directory.write("p.yaml", pipeline)}, around), {}};
  CHECK(run.outcome.signal == SIGINT);
  run.receipt = nlohmann::json::parse(std::ifstream(receipt));
  check_receipt(run);
}

TEST_CASE("a host that is killed leaves no worker, and a receipt that says so") {
  const Run run = interrupted_run("hang", {SIGKILL});
  CHECK(run.outcome.signal == SIGKILL);
  check_receipt(run);
}

TEST_CASE("a host that is killed at any moment leaves no worker") {
  // Workers start and end all the time here.
  const TemporaryDirectory directory;
  const std::string pipeline =
      directory.write("p.yaml", zoo_pipeline(ZOO_PLUGIN, {"segfault-in-create"}, kExactGate) +
                                    "reporters: [{plugin: console}]\n");
  for (int round = 1; round <= 10; ++round) {
    Surroundings around;
    around.signals = {SIGKILL};
    around.when = "[" + std::to_string(round) + "/";
    around.moment = std::chrono::milliseconds(round);
    const Outcome outcome = run_bitgate({"run", pipeline, "-a", many_batches(300)}, around);
    CHECK(outcome.signal == SIGKILL);
    CHECK(outcome.left_behind.empty());
  }
}

TEST_CASE("the receipt of an earlier run does not outlive the start of the next") {
  const TemporaryDirectory directory;
  const std::string receipt = directory.write("r.json", R"({"verdict": {"status": "pass"}})");
  const std::string pipeline = directory.write(
      "p.yaml", zoo_pipeline(ZOO_PLUGIN, {"hang", "correct"}, kExactGate, "{step: 60s}") +
                    "reporters: [{plugin: json, options: {path: " + receipt + "}}]\n");
  Surroundings around;
  around.signals = {SIGKILL};
  around.when = "opened zoo/hang";
  run_bitgate({"run", pipeline, "--verbose"}, around);
  const auto left = nlohmann::json::parse(std::ifstream(receipt));
  CHECK(left["verdict"]["status"] == "fail");
  CHECK(left["verdict"]["reason"] == "interrupted: after 0 of 2 cases");
}

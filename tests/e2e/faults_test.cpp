// A plugin that fails ends its own case and nothing else.
#include <fmt/format.h>

#include "e2e/run.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

/// Runs the zoo device between two healthy ones and returns its case, after checking what must hold
/// for every fault.
json faulty_case(const std::string& device) {
  const Run run = run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"correct", device}, kExactGate) +
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
  return result;
}

}  // namespace

TEST_CASE("a segfault is an error that names the signal and the step") {
  CHECK_THAT(faulty_case("segfault")["reason"].get<std::string>(), Contains("SIGSEGV in run"));
}

TEST_CASE("a hang ends at the step's deadline") {
  CHECK_THAT(faulty_case("hang")["reason"].get<std::string>(), Contains("no end of step run within 1 s"));
}

TEST_CASE("a plugin that writes without end is not making progress") {
  const json result = faulty_case("chatter");
  CHECK_THAT(result["reason"].get<std::string>(), Contains("no end of step run within 1 s"));
  CHECK_THAT(result["stderr_tail"].get<std::string>(), Contains("still talking"));
  CHECK(result["stderr_tail"].get<std::string>().size() <= 65536);
}

TEST_CASE("exit with status 0 is no success") {
  CHECK_THAT(faulty_case("exit")["reason"].get<std::string>(), Contains("exited with status 0 in run"));
}

TEST_CASE("an exception becomes an error with its words and the step") {
  CHECK_THAT(faulty_case("throw")["reason"].get<std::string>(),
             Contains("INTERNAL in run: the zoo throws in run"));
  CHECK_THAT(faulty_case("throw-in-prepare")["reason"].get<std::string>(),
             Contains("INTERNAL in prepare: the zoo throws in prepare"));
}

TEST_CASE("memory without end stops at the worker's limit") {
  if (BITGATE_SANITIZED) {
    WARN("skipped: sanitizers reserve more address space than any limit allows");
    return;
  }
  CHECK_THAT(faulty_case("memory")["reason"].get<std::string>(), Contains("OUT_OF_MEMORY in run"));
}

TEST_CASE("a backend that counts fewer kernel calls than it was asked for is not believed") {
  CHECK_THAT(faulty_case("miscount")["reason"].get<std::string>(), Contains("counted 0 kernel calls"));
}

TEST_CASE("every fault in one run leaves the healthy cases measured and no process behind") {
  const std::vector<std::string> devices = {"segfault", "correct", "hang", "exit", "throw",
                                            "fast-wrong"};
  const Run run = run_pipeline(zoo_pipeline(ZOO_PLUGIN, devices, kExactGate));
  CHECK(run.on("correct")["status"] == "measured");
  CHECK(run.receipt["cases"].size() == devices.size());
  CHECK(processes_with("--worker-process").empty());
}

TEST_CASE("without isolation a healthy plugin gives the same results") {
  const Run run =
      run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"correct"}, kExactGate), {"--isolate", "none"});
  INFO(run.outcome.err);
  CHECK(run.outcome.exit_code == 0);
  CHECK(run.on("correct")["metrics"]["output.mismatches"]["value"] == 0);
}

TEST_CASE("Ctrl-C keeps what was measured, ends the workers and exits 4") {
  const std::string pipeline = zoo_pipeline(ZOO_PLUGIN, {"correct", "hang"}, kExactGate,
                                            "{step: 60s, memory: 1GiB}") +
                               "reporters: [{plugin: console}]\n";
  Surroundings around;
  around.interrupt_after = 0.2;  // the first line says that `correct` is done; `hang` never is
  const Run run = run_pipeline(pipeline, {}, around);
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.exit_code == 4);
  CHECK(run.receipt["interrupted"] == true);
  CHECK(run.receipt["verdict"]["status"] == "fail");
  CHECK_THAT(run.receipt["verdict"]["reason"].get<std::string>(), Contains("interrupted"));
  CHECK(run.on("correct")["status"] == "measured");
  CHECK_THAT(run.on("hang")["reason"].get<std::string>(), Contains("interrupted"));
  CHECK(processes_with("--worker-process").empty());
}

// Parts of a run put together are judged as the whole.
#include "run/merge.hpp"

#include <algorithm>

#include "e2e/run.hpp"
#include "receipt/json.hpp"
#include "receipt/read.hpp"
#include "run/verify.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"

using namespace bitgate;
using namespace bitgate::test;
using Catch::Matchers::Contains;

namespace {

const std::string kPipeline = arms_pipeline(
    "[1, 3]", "20ms",
    R"(  - {id: gain, metric: compute.throughput, where: {backend: simd}, against: {backend: scalar}, require: ">= 1.5x"}
)");

const Receipt& whole() {
  static const Receipt receipt = [] {
    const TemporaryDirectory directory;
    const std::string path = directory / "receipt.json";
    run_bitgate({"run", directory.write("pipeline.yaml", kPipeline), "--json", path});
    return receipt_of(read_receipt(path));
  }();
  return receipt;
}

/// The part of the whole that --filter had run.
Shard part(const std::string& filter) {
  Shard shard{filter, whole()};
  shard.receipt.pipeline.filter = filter;
  std::erase_if(shard.receipt.cases, [&](const CaseResult& result) {
    return result.id.find(filter) == std::string::npos;
  });
  std::erase_if(shard.receipt.comparisons, [&](const Comparison& comparison) {
    return comparison.candidate.find(filter) == std::string::npos ||
           comparison.baseline.find(filter) == std::string::npos;
  });
  return shard;
}

std::string refusal(std::vector<Shard> shards) {
  try {
    merge(shards);
  } catch (const CantMerge& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("all parts together give the receipt of the whole, in any order") {
  const std::string expected = to_json(whole()).dump(1);
  CHECK(to_json(merge(std::vector<Shard>{part("batch=1"), part("batch=3")})).dump(1) == expected);
  CHECK(to_json(merge(std::vector<Shard>{part("batch=3"), part("batch=1")})).dump(1) == expected);
  CHECK(to_json(merge(std::vector<Shard>{part("tiny")})).dump(1) == expected);
  CHECK(verify(to_json(merge(std::vector<Shard>{part("batch=1"), part("batch=3")})))
            .differences.empty());
}

TEST_CASE("what no part has is missing, and no gate passes over it") {
  const Receipt half = merge(std::vector<Shard>{part("batch=1")});
  REQUIRE(half.cases.size() == 4);
  CHECK(half.cases.back().reason.text() == "missing-case: no receipt has it");
  CHECK(half.verdict.status != VerdictStatus::kPass);
  // Each arm in a part of its own: both were measured, and never compared.
  const Receipt arms = merge(std::vector<Shard>{part("@simd"), part("@scalar")});
  CHECK(arms.gates[0].status == GateStatus::kPass);
  CHECK(arms.gates[1].reason.code == reason::kMissingCase);
  CHECK(arms.verdict.exit_code == ExitCode::kNothingMeasured);
}

TEST_CASE("a part that was interrupted leaves to others what it did not get to") {
  Shard cut = part("tiny");
  cut.receipt.interrupted = true;
  for (CaseResult& result : cut.receipt.cases) {
    if (result.id.find("batch=3") == std::string::npos) continue;
    result.status = CaseStatus::kSkipped;
    result.reason = {reason::kInterrupted, "before it was done"};
  }
  std::erase_if(cut.receipt.comparisons, [](const Comparison& comparison) {
    return comparison.candidate.find("batch=3") != std::string::npos;
  });
  const Receipt merged = merge(std::vector<Shard>{cut, part("batch=3")});
  CHECK_FALSE(merged.interrupted);
  CHECK(std::all_of(merged.cases.begin(), merged.cases.end(), [](const CaseResult& result) {
    return result.status == CaseStatus::kMeasured;
  }));
}

TEST_CASE("receipts that don't belong together are refused, with the difference") {
  CHECK_THAT(refusal({part("batch=1"), part("@simd")}),
             Contains("batch=1 and @simd can't be merged: both hold tiny/"));
  Shard other = part("batch=3");
  other.receipt.pipeline.sha256 = std::string(64, '0');
  CHECK_THAT(refusal({part("batch=1"), other}), Contains("the pipeline's SHA-256 is "));
  other = part("batch=3");
  other.receipt.pipeline.seed = 7;
  CHECK_THAT(refusal({part("batch=1"), other}), Contains("is nothing in one and --seed 7 in the"));
  other = part("batch=3");
  other.receipt.plugins.front().sha256 = std::string(64, '0');
  CHECK_THAT(refusal({part("batch=1"), other}), Contains("cpu_simd.so is "));
  other = part("batch=3");
  other.receipt.environment.facts = {{"cpu.model", "another"}};
  CHECK_THAT(refusal({part("batch=1"), other}), Contains("the processor is "));
  other = part("batch=3");
  other.receipt.tool.git = "another";
  CHECK_THAT(refusal({part("batch=1"), other}), Contains("bitgate is "));
}

TEST_CASE("bitgate merge: from runs with --filter to one verdict") {
  const TemporaryDirectory directory;
  const std::string pipeline = directory.write("pipeline.yaml", kPipeline);
  const std::string one = directory / "one.json";
  const std::string three = directory / "three.json";
  const std::string all = directory / "all.json";
  run_bitgate({"run", pipeline, "--filter", "batch=1", "--json", one});
  run_bitgate({"run", pipeline, "--filter", "batch=3", "--json", three});
  const Outcome outcome = run_bitgate({"merge", one, three, "--json", all});
  INFO(outcome.out << outcome.err);
  CHECK((outcome.exit_code == 0 || outcome.exit_code == 3));
  CHECK_THAT(outcome.out, Contains("4 of 4 cases measured"));
  CHECK(run_bitgate({"verify", all}).exit_code == 0);
  const Outcome twice = run_bitgate({"merge", one, one});
  CHECK(twice.exit_code == 2);
  CHECK_THAT(twice.err, Contains("both hold tiny/"));
  CHECK(run_bitgate({"merge"}).exit_code == 2);
  CHECK(run_bitgate({"merge", pipeline}).exit_code == 2);
}

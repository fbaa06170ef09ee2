// Parts of a run put together are judged as the whole.
#include "run/merge.hpp"

#include <algorithm>
#include <set>

#include "e2e/run.hpp"
#include "pipeline/reader.hpp"
#include "receipt/json.hpp"
#include "receipt/read.hpp"
#include "run/judgement.hpp"
#include "run/shards.hpp"
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
  other.receipt.pipeline.set = {{"sampling.min_samples", "4"}};
  other.receipt.pipeline.tokens = 9;
  CHECK_THAT(refusal({part("batch=1"), other}),
             Contains("and --tokens 9 --set sampling.min_samples=4 in the other"));
  other = part("batch=3");
  other.receipt.plugins.front().sha256 = std::string(64, '0');
  CHECK_THAT(refusal({part("batch=1"), other}), Contains("cpu_simd.so is "));
  other = part("batch=3");
  other.receipt.plugins.front().path = "/elsewhere/cpu_simd.so";
  CHECK(refusal({part("batch=1"), other}).empty());
  other.receipt.plugins.front().sha256 = std::string(64, '0');
  CHECK_THAT(refusal({part("batch=1"), other}), Contains("plugin cpu_simd is "));
  Shard one = part("batch=1");
  other = part("batch=3");
  GenerationInfo model;
  model.model = "/a/2b.gguf";
  model.parameters = 2'400'000'000;
  one.receipt.cases[0].generation = model;
  model.parameters = 700'000'000;
  other.receipt.cases[0].generation = model;
  CHECK_THAT(refusal({one, other}), Contains("the model of tiny is 2b.gguf (2400000000 param"));
  other = part("batch=3");
  other.receipt.tool.git = "another";
  CHECK_THAT(refusal({part("batch=1"), other}), Contains("bitgate is "));
}

TEST_CASE("kinds of machines are an axis: each is judged on its own") {
  const auto on = [](const std::string& filter, const std::string& processor) {
    Shard shard = part(filter);
    shard.name += " on " + processor;
    shard.receipt.environment.facts = {{"cpu.model", processor}, {"cpu.cores", "4"}, {"os", "X"}};
    shard.receipt.environment.warnings = {"load " + processor};
    return shard;
  };
  const Receipt both =
      merge(std::vector<Shard>{on("tiny", "Ryzen(TM) 7 9700X"), on("tiny", "Xeon @ 2.9GHz")});
  REQUIRE(both.cases.size() == 2 * whole().cases.size());
  CHECK_THAT(both.cases.front().id, Contains("/machine=ryzen-tm-7-9700x-4-cores@"));
  CHECK_THAT(both.cases.back().id, Contains("/machine=xeon-2.9ghz-4-cores@"));
  CHECK(both.verdict.status == whole().verdict.status);
  CHECK(both.comparisons.size() == 2 * whole().comparisons.size());
  for (std::size_t gate = 0; gate < both.gates.size(); ++gate) {
    const auto& cases = both.gates[gate].cases;
    const auto& alone = whole().gates[gate].cases;
    REQUIRE(cases.size() == 2 * alone.size());
    for (std::size_t i = 0; i < cases.size(); ++i) {
      CHECK(cases[i].value == alone[i % alone.size()].value);
    }
  }
  CHECK(both.ceilings.empty());
  REQUIRE(both.machines.size() == 2);
  CHECK(both.environment.facts ==
        std::vector<std::pair<std::string, std::string>>{{"cpu.cores", "4"}, {"os", "X"}});
  CHECK(both.environment.warnings.back() == "xeon-2.9ghz-4-cores: load Xeon @ 2.9GHz");
  CHECK(verify(to_json(both)).differences.empty());
  CHECK(to_json(receipt_of(to_json(both))).dump() == to_json(both).dump());

  // What one machine did says nothing of the other.
  const Receipt halves =
      merge(std::vector<Shard>{on("batch=1", "Ryzen"), on("batch=3", "Xeon @ 2.9GHz")});
  REQUIRE(halves.cases.size() == 2 * whole().cases.size());
  CHECK(std::count_if(halves.cases.begin(), halves.cases.end(), [](const CaseResult& result) {
          return result.reason.code == reason::kMissingCase;
        }) == 4);
  CHECK(halves.verdict.exit_code == ExitCode::kNothingMeasured);
  CHECK(verify(to_json(halves)).differences.empty());
  CHECK_THAT(refusal({on("tiny", "Ryzen"), on("batch=3", "Ryzen"), on("tiny", "Xeon")}),
             Contains("batch=3 on Ryzen can't be merged: both hold tiny/"));
}

TEST_CASE("every case is in one shard, with what it is compared to") {
  const Pipeline pipeline = pipeline_in(whole().pipeline);
  const std::vector<Case> all = expand(pipeline);
  for (std::size_t count = 1; count <= 6; ++count) {
    std::vector<std::string> seen;
    for (std::size_t index = 1; index <= count; ++index) {
      const std::vector<Case> cases = cases_of_shard(pipeline, all, {index, count});
      CHECK(cases.size() == (index > 2 ? 0 : count == 1 ? 4 : 2));
      for (const Case& one : cases) {
        seen.push_back(one.id);
        // The other backend's case of the same batch.
        CHECK(std::any_of(cases.begin(), cases.end(), [&](const Case& other) {
          return other.batch == one.batch && other.backend != one.backend;
        }));
      }
    }
    CHECK(seen.size() == all.size());
    CHECK(std::set<std::string>(seen.begin(), seen.end()).size() == all.size());
  }
  for (const char* text : {"", "1", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b", " 1/2", "1/2 "}) {
    CAPTURE(text);
    CHECK_FALSE(parse_shard(text));
  }
}

TEST_CASE("all shards together are judged as the whole, and without one it is no pass") {
  const Pipeline pipeline = pipeline_in(whole().pipeline);
  std::vector<Shard> shards;
  for (const char* name : {"1/2", "2/2"}) {
    Shard& shard = shards.emplace_back(Shard{name, whole()});
    shard.receipt.pipeline.shard = name;
    std::set<std::string> ids;
    for (const Case& one : cases_of(pipeline, shard.receipt)) ids.insert(one.id);
    std::erase_if(shard.receipt.cases,
                  [&](const CaseResult& result) { return ids.count(result.id) == 0; });
    std::erase_if(shard.receipt.comparisons,
                  [&](const Comparison& one) { return ids.count(one.candidate) == 0; });
    judge_receipt(pipeline, shard.receipt);
    CHECK(verify(to_json(shard.receipt)).differences.empty());
  }
  CHECK(to_json(merge(shards)).dump(1) == to_json(whole()).dump(1));
  std::swap(shards[0], shards[1]);
  CHECK(to_json(merge(shards)).dump(1) == to_json(whole()).dump(1));
  shards.pop_back();
  const Receipt half = merge(shards);
  CHECK(half.verdict.status != VerdictStatus::kPass);
  CHECK(half.verdict.reason.code == reason::kMissingCase);
  // Who says that it is another shard has other cases than that.
  shards[0].receipt.pipeline.shard = "1/2";
  CHECK_THAT(verify(to_json(shards[0].receipt)).differences.at(0), Contains("not those of the"));
  shards[0].receipt.pipeline.shard = "9/2";
  CHECK_THROWS_AS(verify(to_json(shards[0].receipt)), BadReceipt);
}

TEST_CASE("bitgate merge: from runs with --shard and --filter to one verdict") {
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
  const std::string shard = directory / "shard.json";
  CHECK_THAT(run_bitgate({"run", pipeline, "--shard", "2/2", "--json", shard}).out,
             Contains("2 of 2 cases measured"));
  const Outcome sharded = run_bitgate({"merge", one, shard, "--json", all});
  CHECK((sharded.exit_code == 0 || sharded.exit_code == 3));
  const Outcome missing = run_bitgate({"merge", shard});
  CHECK(missing.exit_code != 0);  // 5, or 3 where what there is can't be told
  CHECK_THAT(missing.out, Contains("missing-case"));
  const Outcome none = run_bitgate({"run", pipeline, "--shard", "3/3"});
  CHECK(none.exit_code == 5);
  CHECK_THAT(none.out, Contains("shard 3/3 has no case"));
  CHECK_THAT(run_bitgate({"run", pipeline, "--shard", "4/3"}).err, Contains("write I/N, e.g. 1/3"));
  CHECK(run_bitgate({"merge"}).exit_code == 2);
  CHECK(run_bitgate({"merge", pipeline}).exit_code == 2);
}

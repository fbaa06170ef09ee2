// Two arms in turns, from the command line to the receipt. How fast anything is, no test knows: a
// judgement may always be that the machine can't tell, and never the wrong one.
#include <set>

#include "e2e/run.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using nlohmann::json;

namespace {

const std::string kPipeline = arms_pipeline(
    "[1, 3]", "50ms",
    R"(  - {id: gain, metric: compute.throughput, where: {backend: simd}, against: {backend: scalar}, require: ">= 0.001x"}
  - {id: loss, metric: compute.time, where: {backend: simd, batch: 1}, against: {backend: scalar}, require: "<= +900%"}
)");

const std::vector<std::string> kSmall = {"-a", "shape=320x256", "-a",     "batch=1",
                                         "-a", "cache=hot",     "--time", "50ms"};

std::vector<std::string> with_small(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), kSmall.begin(), kSmall.end());
  return arguments;
}

}  // namespace

TEST_CASE("a gate against another backend runs rounds, which the receipt holds") {
  const TemporaryDirectory directory;
  const std::string path = directory / "receipt.json";
  const Outcome outcome =
      run_bitgate({"run", directory.write("pipeline.yaml", kPipeline), "--json", path});
  INFO(outcome.err << outcome.out);
  CHECK((outcome.exit_code == 0 || outcome.exit_code == 3));
  std::ifstream in(path);
  const json receipt = json::parse(in);
  REQUIRE(receipt["comparisons"].size() == 2);  // batch 1 is compared once for both gates
  for (const json& comparison : receipt["comparisons"]) {
    CHECK(comparison["status"] == "measured");
    CHECK_THAT(comparison["candidate"].get<std::string>(), Contains("@simd"));
    CHECK_THAT(comparison["baseline"].get<std::string>(), Contains("@scalar"));
    const json& rounds = comparison["rounds"];
    const std::size_t count = rounds["order"].size();
    CHECK(count >= 12);
    CHECK(count % 6 == 0);
    for (const char* arm : {"baseline_ns", "candidate_ns", "null_ns"}) {
      CHECK(rounds[arm].size() == count);
      for (const json& ns : rounds[arm]) CHECK(ns.get<std::uint64_t>() > 0);
    }
    CHECK(std::set<json>(rounds["order"].begin(), rounds["order"].begin() + 6).size() == 6);
    CHECK(comparison["ratio"]["median"].get<double>() > 0);
    CHECK(comparison["null"]["interval"].size() == 2);
    CHECK(comparison["bootstrap"].size() == 2);
  }
  CHECK(run_bitgate({"verify", path}).exit_code == 0);
  CHECK(run_bitgate({"report", path}).exit_code == 0);
}

namespace {

/// A device that takes 6 ms and 100 ms in turns is neither above 40 ms nor below, however often it
/// is asked.
Run run_wavering(const std::string& gates, const std::string& retry) {
  return run_pipeline(zoo_pipeline(ZOO_PLUGIN, {"wavers", "correct"}, kExactGate + gates) + retry);
}

const std::string kOpen =
    "  - {id: open, metric: compute.time, where: {backend: wavers}, require: \"<= 40ms\"}\n";

}  // namespace

TEST_CASE("what can't be told is measured again, as often as the pipeline allows, and pools") {
  const Run run = run_wavering(kOpen, "retry: {max: 2}\n");
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.exit_code == 3);
  CHECK(run.receipt["attempts"] == json::parse(R"({"made": 3, "most": 3})"));
  CHECK(run.receipt["verdict"]["route"] == "NEXT → self (attempt 3/3)");
  CHECK_FALSE(run.on("correct").contains("attempts"));
  const json& wavers = run.on("wavers");
  REQUIRE(wavers["attempts"].size() == 3);
  std::size_t samples = 0;
  for (const json& attempt : wavers["attempts"]) {
    CHECK(attempt["added"]["compute"].get<std::size_t>() >= 12);
    samples += attempt["added"]["compute"].get<std::size_t>();
  }
  CHECK(wavers["stages"]["compute"]["samples_ns"].size() == samples);
  CHECK_THAT(run.gate("open")["reason"].get<std::string>(), StartsWith("inconclusive: "));
}

TEST_CASE("rounds join rounds, in the order that goes on from the same seed") {
  const Run run = run_wavering(
      "  - {id: open, metric: compute.time, where: {backend: wavers}, against: {backend: correct}, "
      "require: \"<= +300%\"}\n",
      "retry: {max: 1}\n");
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.exit_code == 3);
  CHECK(run.receipt["attempts"]["made"] == 2);
  const json& comparison = run.receipt["comparisons"][0];
  CHECK(
      comparison["attempts"] ==
      json::parse(
          R"([{"added": {"rounds": 12}, "fault": null}, {"added": {"rounds": 12}, "fault": null}])"));
  const json& order = comparison["rounds"]["order"];
  REQUIRE(order.size() == 24);
  for (std::size_t block = 0; block < 24; block += 6) {
    CHECK(std::set<json>(order.begin() + static_cast<long>(block),
                         order.begin() + static_cast<long>(block) + 6)
              .size() == 6);
  }
  for (const auto& result : run.receipt["cases"]) CHECK_FALSE(result.contains("attempts"));
}

TEST_CASE("a fail is never tried again, whatever else can't be told") {
  const Run run = run_wavering(
      kOpen +
          "  - {id: slow, metric: compute.time, where: {backend: wavers}, require: \"<= 1us\"}\n",
      "retry: {max: 2}\n");
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.exit_code == 1);
  CHECK(run.receipt["attempts"]["made"] == 1);
  CHECK(run.gate("open")["status"] == "skipped");
}

TEST_CASE("compare: what is slower never passes, what is faster never fails") {
  const Outcome slower =
      run_bitgate(with_small({"compare", "cpu_simd", "cpu_simd@cpu/scalar", "--limit", "5%"}));
  INFO(slower.err << slower.out);
  CHECK((slower.exit_code == 1 || slower.exit_code == 3));
  CHECK_THAT(slower.out, Contains("regression"));
  const Outcome faster = run_bitgate(with_small({"compare", "cpu_simd@cpu/scalar", "cpu_simd"}));
  INFO(faster.err << faster.out);
  CHECK((faster.exit_code == 0 || faster.exit_code == 3));
}

TEST_CASE("compare takes libraries and installations, and its receipt is verified") {
  const TemporaryDirectory directory;
  const std::string path = directory / "receipt.json";
  const std::string build = std::filesystem::path(bitgate_path()).parent_path().parent_path();
  const Outcome outcome =
      run_bitgate(with_small({"compare", build, build + "/lib/bitgate/plugins/cpu_simd.so",
                              "--limit", "900%", "--json", path}));
  INFO(outcome.err << outcome.out);
  CHECK((outcome.exit_code == 0 || outcome.exit_code == 3));
  const Outcome verified = run_bitgate({"verify", path});
  INFO(verified.out << verified.err);
  CHECK(verified.exit_code == 0);
}

TEST_CASE("compare: an arm that crashes or is wrong never passes") {
  const std::string zoo = std::string(ZOO_PLUGIN);
  CHECK(run_bitgate(with_small({"compare", zoo + "@zoo/correct", zoo + "@zoo/fast-wrong",
                                "--filter", "shape=320x256"}))
            .exit_code == 1);
  CHECK(
      run_bitgate(with_small({"compare", zoo + "@zoo/correct", zoo + "@zoo/segfault"})).exit_code ==
      4);
  CHECK(run_bitgate(with_small({"compare", "cpu_simd", "cpu_simd@cpu/none"})).exit_code == 5);
}

TEST_CASE("compare says what is wrong with its arguments") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"compare"},
        {"compare", "cpu_simd"},
        {"compare", "cpu_simd", "cpu_simd", "--limit", "fast"},
        {"compare", "cpu_simd", "cpu_simd", "--limit", "-5%"},
        {"compare", "cpu_simd", "cpu_simd", "--time", "5"},
        {"compare", "", "cpu_simd"},
        {"compare", "cpu_simd", "cpu_simd", "-a", "colour=red"}}) {
    CHECK(run_bitgate(arguments).exit_code == 2);
  }
}

TEST_CASE("selftest: no spoilt backend passes") {
  // Far slower: one that is near the limit passes now and then, as often as the error allows.
  const Outcome outcome =
      run_bitgate({"selftest", "--runs", "2", "--time", "100ms", "--slower", "0,100"});
  INFO(outcome.out << outcome.err);
  CHECK((outcome.exit_code == 0 || outcome.exit_code == 3));
  const auto fails_and_passes = [&](const char* spoilt) {
    const std::size_t row = outcome.out.find(spoilt);
    REQUIRE(row != std::string::npos);
    return outcome.out.substr(row + 36, 11);
  };
  for (const char* spoilt : {"one element wrong", "runs nothing", "runs once"}) {
    CHECK_THAT(fails_and_passes(spoilt), Contains(" 1    0"));
  }
  // That it is slower is for the clock to tell, and beside other work it may be unsure.
  CHECK(fails_and_passes("falls back").substr(5) == "    0 ");
  CHECK_THAT(outcome.out, Contains("false alarms: 0 of 2"));
  CHECK(run_bitgate({"selftest", "--runs", "0"}).exit_code == 2);
  CHECK(run_bitgate({"selftest", "--limit", "fast"}).exit_code == 2);
}

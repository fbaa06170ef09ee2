// What the planner promises, and that it refuses what the budget can't tell.
#include "run/planner.hpp"

#include <cmath>
#include <fstream>
#include <sstream>

#include "gate/power.hpp"
#include "measure/rounds.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"
#include "support/program.hpp"

using namespace bitgate;
using namespace bitgate::test;
using Catch::Matchers::Contains;

namespace {

/// Rounds whose ratios are spread evenly over +-`width` around 1, near ones not beside each other.
Comparison pilot(std::size_t rounds, double width) {
  Comparison out;
  const std::vector<std::string> orders = round_orders(rounds, 1);
  for (std::size_t i = 0; i < rounds; ++i) {
    const double place = static_cast<double>(i * 7 % rounds) / static_cast<double>(rounds - 1);
    Round round;
    round.order = orders[i];
    round.baseline_ns = 10'000'000;
    round.null_ns = 10'000'000;
    round.candidate_ns = static_cast<std::uint64_t>(1e7 * (1 + width * (2 * place - 1)));
    out.rounds.push_back(round);
  }
  return out;
}

constexpr double kSecond = 1e9;

const std::string kPipeline = arms_pipeline(
    "1", "200ms",
    R"(  - {id: gain, metric: compute.throughput, where: {backend: simd}, against: {backend: scalar}, require: "0.001x.."}
)");

}  // namespace

TEST_CASE(
    "the chance to tell is 0 for too few samples, small at the limit, and grows with distance") {
  CHECK(chance_to_tell(0, 1) == 0);
  CHECK(chance_to_tell(5, 100) == 0);   // five samples tell nothing
  CHECK(chance_to_tell(30, 0) < 0.03);  // at the limit itself: a false fail
  CHECK(chance_to_tell(30, -1) == 0);
  CHECK(chance_to_tell(30, 0.5) < chance_to_tell(30, 1));
  CHECK(chance_to_tell(12, 1) < chance_to_tell(30, 1));
  CHECK(chance_to_tell(30, 100) > 0.99);
  CHECK(chance_to_tell(30, 1) == chance_to_tell(30, 1));
}

TEST_CASE("more rounds tell less, by their square root, and cost their time") {
  const Comparison rounds = pilot(30, 0.05);
  const ComparisonPlan one = plan_comparison(rounds, 1e7, 1e7, 0.5 * kSecond, 0.02);
  const ComparisonPlan four = plan_comparison(rounds, 1e7, 1e7, 2 * kSecond, 0.02);
  CHECK(one.rounds == 12);
  CHECK(four.rounds == 60);
  CHECK(one.deviation == Approx(1.4826 * 0.025).epsilon(0.1));  // MAD of an even spread
  CHECK(one.deviation == four.deviation);
  CHECK(one.seconds == Approx(12 * 0.03));
  CHECK(one.resolves / four.resolves == Approx(std::sqrt(5)));
  CHECK(one.chance < four.chance);
}

TEST_CASE("half the difference takes four times the rounds") {
  const Comparison rounds = pilot(30, 0.05);
  const ComparisonPlan coarse = plan_comparison(rounds, 1e7, 1e7, kSecond, 0.01);
  const ComparisonPlan fine = plan_comparison(rounds, 1e7, 1e7, kSecond, 0.005);
  CHECK(fine.needed > 3 * coarse.needed);
  CHECK(fine.needed <= 4 * coarse.needed);
  CHECK(fine.needed % 6 == 0);
  CHECK(fine.needed_seconds == Approx(static_cast<double>(fine.needed) * 0.03));
  CHECK(plan_comparison(rounds, 1e7, 1e7, kSecond, 10).needed == 12);  // fewer are never run
}

TEST_CASE("plan says what comparisons will tell, and refuses what they can't") {
  const TemporaryDirectory directory;
  const std::string file = directory.write("pipeline.yaml", kPipeline);
  const std::string receipt = directory / "receipt.json";
  const Outcome run = run_bitgate({"run", file, "--json", receipt});
  INFO(run.out << run.err);
  const auto plan = [&](const std::string& delta, const std::string& from) {
    return run_bitgate({"plan", file, "--pilot", from, "--delta", delta});
  };
  const Outcome coarse = plan("100000%", receipt);
  INFO(coarse.out << coarse.err);
  CHECK(coarse.exit_code == 0);
  CHECK_THAT(coarse.out, Contains("@simd against ") && Contains("a round varies by ") &&
                             Contains("100000% takes 12 rounds") && Contains("1 comparisons"));
  const Outcome fine = plan("0.000001%", receipt);
  CHECK(fine.exit_code == 2);
  CHECK_THAT(fine.err, Contains("1e-06% can't be told in max_time 0.2 s"));

  CHECK(plan("0%", receipt).exit_code == 2);
  CHECK(plan("fast", receipt).exit_code == 2);
  CHECK(run_bitgate({"plan", file, "--delta", "5%"}).exit_code == 2);
  CHECK(run_bitgate({"plan", file, "--pilot", receipt}).exit_code == 2);
  const Outcome other =
      run_bitgate({"plan", file, "--pilot", receipt, "--delta", "5%", "-a", "batch=2"});
  CHECK(other.exit_code == 2);
  CHECK_THAT(other.err, Contains("the pilot has no rounds of "));

  std::ifstream in(receipt);
  std::stringstream text;
  text << in.rdbuf();
  std::string changed = text.str();
  const std::size_t place = changed.find("\"interrupted\"");
  REQUIRE(place != std::string::npos);
  changed.replace(changed.find("false", place), 5, "true");
  const Outcome unverified = plan("5%", directory.write("changed.json", changed));
  CHECK(unverified.exit_code == 2);
  CHECK_THAT(unverified.err, Contains("is not verified: "));
}

// Which cases are compared, and in how many rounds.
#include "run/comparison.hpp"

#include "measure/sampling.hpp"
#include "pipeline/reader.hpp"
#include "support/catch.hpp"

using namespace bitgate;

namespace {

Pipeline pipeline_with(const std::string& gates) {
  return parse_pipeline(R"(version: 1
name: pairs
features: [cpu]
backends:
  simd: {plugin: cpu_simd}
  scalar: {plugin: cpu_simd, device: cpu/scalar}
suites:
  kernels:
    backends: [simd, scalar]
    load: {source: synthetic, shape: 320x256}
    quantize: {format: [i2_s, t8]}
    compute: {batch: [1, 3]}
gates:
)" + gates,
                        "pairs.yaml");
}

/// "candidate / baseline" without what all ids have in common.
std::vector<std::string> pairs(const std::string& gates) {
  const Pipeline pipeline = pipeline_with(gates);
  const std::vector<Case> cases = expand(pipeline);
  const auto text = [&](std::size_t index) {
    return cases[index].format + "," + std::to_string(cases[index].batch) + "@" +
           cases[index].backend->name;
  };
  std::vector<std::string> out;
  for (const Pair& pair : pairs_of(pipeline, cases)) {
    out.push_back(text(pair.candidate) + " / " + text(pair.baseline));
  }
  return out;
}

}  // namespace

TEST_CASE("gates that compare times of the compute stage make pairs, each once") {
  using Pairs = std::vector<std::string>;
  CHECK(pairs("  - {id: a, metric: compute.time, where: {backend: simd, batch: 1}, against: "
              "{backend: scalar}, require: \"<= +5%\"}\n"
              "  - {id: b, metric: compute.throughput, where: {backend: simd, batch: 1, format: "
              "t8}, against: {backend: scalar}, require: \">= 2x\"}\n") ==
        Pairs{"i2_s,1@simd / i2_s,1@scalar", "t8,1@simd / t8,1@scalar"});
  CHECK(pairs("  - {id: a, metric: compute.ceiling, where: {backend: simd}, against: {format: t8}, "
              "require: \">= 0.5x\"}\n") ==
        Pairs{"i2_s,1@simd / t8,1@simd", "i2_s,3@simd / t8,3@simd"});
  CHECK(pairs("  - {id: a, metric: quantize.nmse, where: {backend: simd}, against: {backend: "
              "scalar}, require: \"<= +0%\"}\n"
              "  - {id: b, metric: load.time, where: {backend: simd}, against: {backend: scalar}, "
              "require: \"<= +50%\"}\n"
              "  - {id: c, metric: compute.time, require: \"<= 1s\"}\n")
            .empty());
}

TEST_CASE("an arm that was filtered out makes no pair") {
  const Pipeline pipeline = pipeline_with(
      "  - {id: a, metric: compute.time, where: {backend: simd}, against: {backend: scalar}, "
      "require: \"<= +5%\"}\n");
  CHECK(pairs_of(pipeline, filtered(expand(pipeline), "@simd")).empty());
}

TEST_CASE("the seed of a pair follows from its ids and the suite's seed") {
  const Pipeline pipeline =
      pipeline_with("  - {id: a, metric: compute.time, require: \"<= 1s\"}\n");
  const std::vector<Case> cases = expand(pipeline);
  const Comparison one = planned(cases[0], cases[1]);
  CHECK(one.candidate == cases[0].id);
  CHECK(one.status == CaseStatus::kSkipped);
  CHECK(one.seed == planned(cases[0], cases[1]).seed);
  CHECK(one.seed != planned(cases[1], cases[0]).seed);
  CHECK(one.seed != planned(cases[2], cases[3]).seed);
}

TEST_CASE("as many rounds as fit, by sixes, from twelve to sixty") {
  const double sample = least_sample_ns();
  // A microsecond each: a round lasts three samples.
  RoundPlan plan = plan_rounds(1e3, 1e3, 1e12);
  CHECK(plan.repeat == static_cast<std::uint64_t>(sample / 1e3));
  CHECK(plan.rounds == 60);
  CHECK(plan_rounds(1e3, 1e3, 3 * sample * 31).rounds == 30);
  CHECK(plan_rounds(1e3, 1e3, 0).rounds == 12);
  // A candidate that is a hundred times faster gets samples as long as twelve rounds leave.
  plan = plan_rounds(1e3, 1e5, 12 * 3 * sample);
  CHECK(plan.rounds == 12);
  CHECK(static_cast<double>(plan.repeat) * 1e5 >= sample);
  CHECK(static_cast<double>(plan.repeat) * 1e3 < sample);
  plan = plan_rounds(1e3, 1e5, 1e12);
  CHECK(static_cast<double>(plan.repeat) * 1e3 >= sample);
  // What takes seconds is run once a sample.
  plan = plan_rounds(5e9, 5e9, 1e9);
  CHECK(plan.repeat == 1);
  CHECK(plan.rounds == 12);
}

// A thousand faults in one run: the host is afterwards what it was before.
#include "e2e/run.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"

using namespace bitgate::test;

TEST_CASE("a thousand workers that crash leave a host that has not grown") {
  const std::string pipeline = zoo_pipeline(ZOO_PLUGIN, {"segfault-in-create"}, kExactGate);
  const auto run = [&](int cases) {
    const Run result = run_pipeline(pipeline, {"-a", many_batches(cases)});
    INFO(result.outcome.err);
    CHECK(result.outcome.exit_code == 4);
    CHECK(result.outcome.left_behind.empty());
    CHECK(result.receipt["cases"].size() == static_cast<std::size_t>(cases));
    for (const auto& one : result.receipt["cases"]) {
      CHECK(one["reason"] == "error: SIGSEGV in create");
    }
    return result.outcome.peak_kib;
  };
  const long few = run(50);
  const long many = run(1000);
  // What each case may cost is its entry in the receipt, and the texts made of it.
  CHECK(many - few < 950 * 32);
}

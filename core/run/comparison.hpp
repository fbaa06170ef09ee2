// Which cases a run compares in rounds, and how.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "pipeline/expand.hpp"
#include "receipt/receipt.hpp"
#include "run/backend_pool.hpp"
#include "run/workload.hpp"

namespace bitgate {

/// Numbers of two cases.
struct Pair {
  std::size_t candidate = 0;
  std::size_t baseline = 0;
  bool operator==(const Pair&) const = default;
};

/// The pairs that gates compare by the time of their compute stage, each once, in the order of the
/// gates; of cases whose other arm is among them.
std::vector<Pair> pairs_of(const Pipeline& pipeline, std::span<const Case> cases);

/// What there is before a pair was compared: whose, and what seeds it.
Comparison planned(const Case& candidate, const Case& baseline);

/// How many executions a sample of either arm has, and how many rounds are run, from the time of
/// one execution: twelve to sixty rounds, by sixes, that fit into `max_ns` if twelve do. A sample
/// of the faster arm lasts as long as a sample has to, unless twelve rounds did not fit then; one
/// of the slower always does.
struct RoundPlan {
  std::uint64_t repeat = 1;
  std::size_t rounds = 0;
};
RoundPlan plan_rounds(double candidate_ns, double baseline_ns, double max_ns);

/// Compares pairs of cases. Each arm lives in a fresh worker, on the same cores as the others, and
/// only one of them computes at a time.
class ComparisonRunner {
 public:
  ComparisonRunner(const Pipeline& pipeline, BackendPool& pool)
      : pipeline_(pipeline), pool_(pool) {}

  /// Throws worker::Interrupted if the user asked the run to end; everything else is in the result.
  /// Both cases were measured, and took so many nanoseconds for one execution. The rounds follow
  /// those of `before`, which joined() puts before them (attempts.hpp).
  Comparison run(const Case& candidate, double candidate_ns, const Case& baseline,
                 double baseline_ns, const Comparison& before);

 private:
  class Arm;

  static void run_rounds(Comparison& out, Arm& baseline, Arm& candidate, Arm& null,
                         std::span<const std::string> orders);
  std::shared_ptr<Workload> workload_for(const Case& what);

  const Pipeline& pipeline_;
  BackendPool& pool_;
  std::vector<std::shared_ptr<Workload>> workloads_;
};

}  // namespace bitgate

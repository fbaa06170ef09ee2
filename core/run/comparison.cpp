#include "run/comparison.hpp"

#include <bitgate/abi.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "gate/reading.hpp"
#include "measure/core_mask.hpp"
#include "measure/disturbance.hpp"
#include "measure/rounds.hpp"
#include "measure/sampling.hpp"
#include "receipt/metrics.hpp"
#include "run/devices.hpp"
#include "run/outline.hpp"
#include "run/stages.hpp"
#include "worker/interrupt.hpp"

namespace bitgate {
namespace {

constexpr std::size_t kBlock = 6;  // rounds in which every order of the arms comes once
constexpr std::size_t kFewestRounds = 12;
constexpr std::size_t kMostRounds = 60;
constexpr int kWarmups = 3;  // samples of each arm that do not count

bool compares_times(const Rule& rule) {
  const MetricInfo* metric = find_metric(rule.metric);
  return !rule.against.empty() && metric != nullptr && is_compared_in_rounds(*metric);
}

/// The same for the same cases of the same pipeline.
std::uint64_t seed_of(const Case& candidate, const Case& baseline) {
  std::uint64_t seed = candidate.suite->seed;
  for (const char c : candidate.id + "\n" + baseline.id) {  // FNV-1a
    seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  }
  return seed;
}

}  // namespace

/// One arm: a case on a worker of its own, from its session to its checked outputs.
class ComparisonRunner::Arm {
 public:
  Arm(const Case& what, BackendPool& pool, std::shared_ptr<Workload> workload, unsigned cores)
      : case_(what), workload_(std::move(workload)) {
    {
      const CoreMask mask(cores);  // which the worker inherits
      live_ = pool.start(*what.backend);
    }
    const worker::DeviceInfo* device = find_device(live_->devices, what.backend->device);
    if (device == nullptr) throw std::runtime_error("its device is gone");
    live_->client.open_session(device->id, threads_on(*device, what));
    stages_.emplace(what, live_->client, *workload_);
    if (const auto why = stages_->unsupported()) throw std::runtime_error(*why);
    stages_->load();
    stages_->quantize();
    wrong_ = stages_->check_weights().mismatches;
    stages_->add_copies();
  }

  std::uint64_t sample(std::uint64_t repeat) { return stages_->sample(1, repeat).at(0); }

  /// What is wrong with weights or outputs; empty if nothing is. Ends the session.
  std::string check() {
    wrong_ += stages_->check_outputs().mismatches;
    static_cast<void>(stages_->kernels());  // throws if fewer ran than were asked for
    stages_->release();
    live_->client.close_session();
    if (wrong_ == 0) return "";
    return fmt::format("{} weights and outputs of {} disagree with the oracle", wrong_, case_.id);
  }

 private:
  const Case& case_;
  std::shared_ptr<Workload> workload_;
  std::unique_ptr<BackendPool::Live> live_;
  std::optional<Stages> stages_;
  std::uint64_t wrong_ = 0;
};

std::vector<Pair> pairs_of(const Pipeline& pipeline, std::span<const Case> cases) {
  std::vector<CaseResult> outlines;
  for (const Case& what : cases) outlines.push_back(not_run(what, {}));
  std::vector<Pair> pairs;
  for (const Rule& rule : pipeline.gates) {
    if (!compares_times(rule)) continue;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      if (!covers(rule, outlines[i]) || is_other_arm(rule, outlines[i], outlines[i])) continue;
      const auto other = std::find_if(
          outlines.begin(), outlines.end(),
          [&](const CaseResult& candidate) { return is_other_arm(rule, outlines[i], candidate); });
      if (other == outlines.end()) continue;
      if (cases[i].suite->op == ComputeOp::kBenchmark) continue;  // an outside command has no turns
      const Pair pair{i, static_cast<std::size_t>(other - outlines.begin())};
      if (std::find(pairs.begin(), pairs.end(), pair) == pairs.end()) pairs.push_back(pair);
    }
  }
  return pairs;
}

Comparison planned(const Case& candidate, const Case& baseline) {
  Comparison out;
  out.candidate = candidate.id;
  out.baseline = baseline.id;
  out.seed = seed_of(candidate, baseline);
  out.reason = {reason::kMissingCase, "it was planned and not run"};
  return out;
}

RoundPlan plan_rounds(double candidate_ns, double baseline_ns, double max_ns) {
  const double least = least_sample_ns();
  const double fast = std::max(std::min(candidate_ns, baseline_ns), 1.0);
  const double slow = std::max({candidate_ns, baseline_ns, 1.0});
  const double round = candidate_ns + 2 * baseline_ns;
  const double fitting = max_ns / (kFewestRounds * std::max(round, 1.0));
  const double repeat =
      std::ceil(std::max(std::min(least / fast, fitting), std::max(least / slow, 1.0)));
  const double rounds = max_ns / std::max(repeat * round, 1.0);
  const auto blocks =
      static_cast<std::size_t>(std::clamp(rounds, 0.0, static_cast<double>(kMostRounds)) / kBlock);
  return {static_cast<std::uint64_t>(repeat), std::max(blocks * kBlock, kFewestRounds)};
}

Comparison ComparisonRunner::run(const Case& candidate, double candidate_ns, const Case& baseline,
                                 double baseline_ns, const Comparison& before) {
  Comparison out = planned(candidate, baseline);
  const auto fail = [&](CaseStatus status, Reason why) {
    out.status = status;
    out.reason = std::move(why);
    out.rounds.clear();
    out.summary.reset();
  };
  try {
    const unsigned threads = std::max(candidate.threads, baseline.threads);
    const bool all = candidate.threads == 0 || baseline.threads == 0;
    const unsigned cores = all ? 0 : threads;
    Arm a(baseline, pool_, workload_for(baseline), cores);
    Arm b(candidate, pool_, workload_for(candidate), cores);
    Arm copy(baseline, pool_, workload_for(baseline), cores);
    const auto max_ns = static_cast<double>(pipeline_.sampling.max_time.count());
    const RoundPlan plan = plan_rounds(candidate_ns, baseline_ns, max_ns);
    const std::size_t had = before.rounds.size();
    out.repeat = had == 0 ? plan.repeat : before.repeat;
    const std::vector<std::string> orders = round_orders(had + plan.rounds, out.seed);
    run_rounds(out, a, b, copy, std::span(orders).subspan(had));
    out.status = CaseStatus::kMeasured;
    out.reason = {};
    for (Arm* arm : {&a, &b, &copy}) {
      if (const std::string wrong = arm->check(); !wrong.empty()) {
        fail(CaseStatus::kFail, {reason::kMismatch, wrong});
        break;
      }
    }
  } catch (const worker::Interrupted&) {
    throw;
  } catch (const worker::PluginError& error) {
    fail(CaseStatus::kError, {reason::kError, error.what()});
    if (error.status() == BG_TRANSIENT) out.attempts = {{{}, error.what()}};
  } catch (const std::exception& error) {
    fail(CaseStatus::kError, {reason::kError, error.what()});
  }
  return out;
}

void ComparisonRunner::run_rounds(Comparison& out, Arm& baseline, Arm& candidate, Arm& null,
                                  std::span<const std::string> orders) {
  for (int i = 0; i < kWarmups; ++i) {
    for (Arm* arm : {&baseline, &candidate, &null}) arm->sample(out.repeat);
  }
  for (const std::string& order : orders) {
    const DisturbanceMeter meter({});
    Round round;
    round.order = order;
    for (const char arm : order) {
      if (arm == 'B') round.baseline_ns = baseline.sample(out.repeat);
      if (arm == 'C') round.candidate_ns = candidate.sample(out.repeat);
      if (arm == 'N') round.null_ns = null.sample(out.repeat);
    }
    if (round.baseline_ns == 0 || round.candidate_ns == 0 || round.null_ns == 0) {
      throw std::runtime_error("a sample took 0 ns: the clock that timed it stands still");
    }
    round.stolen = meter.read().value_or(Disturbance()).stolen;
    out.rounds.push_back(std::move(round));
  }
  out.summary = summarize_rounds(out.rounds, out.seed);
}

std::shared_ptr<Workload> ComparisonRunner::workload_for(const Case& what) {
  for (const auto& workload : workloads_) {
    if (workload->serves(*what.suite, what.shape)) return workload;
  }
  if (workloads_.size() == 2) workloads_.erase(workloads_.begin());  // one for each arm is enough
  return workloads_.emplace_back(std::make_shared<Workload>(*what.suite, what.shape));
}

}  // namespace bitgate

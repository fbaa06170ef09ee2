#include "run/conductor.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/version.hpp"
#include "gate/evidence.hpp"
#include "measure/environment.hpp"
#include "pipeline/targets.hpp"
#include "receipt/json.hpp"
#include "run/attempts.hpp"
#include "run/backend_pool.hpp"
#include "run/case_runner.hpp"
#include "run/comparison.hpp"
#include "run/documents.hpp"
#include "run/judgement.hpp"
#include "run/outline.hpp"
#include "run/reporting.hpp"
#include "run/worker_setup.hpp"
#include "worker/interrupt.hpp"

namespace bitgate {
namespace {

std::string now_rfc3339() {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

/// Elapsed time, and time left by what the finished cases took.
class Stopwatch {
 public:
  explicit Stopwatch(std::size_t total) : total_(total) {}

  [[nodiscard]] Progress at(std::size_t index, std::size_t finished) const {
    const double elapsed =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    Progress progress{index, total_, elapsed, {}};
    if (finished > 0) {
      const auto done = static_cast<double>(finished);
      progress.left_s = elapsed / done * static_cast<double>(total_ - finished);
    }
    return progress;
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::size_t total_;
};

/// Decides when a checkpoint is due: after each of the first cases, then as often as costs little.
class Pace {
 public:
  /// Does `work` if it is due.
  template <class Work>
  void step(const Work& work) {
    const auto start = Clock::now();
    if (done_ >= kAlways && spent_ * kShare > start - begin_) return;
    work();
    spent_ += Clock::now() - start;
    ++done_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr int kAlways = 100;
  static constexpr int kShare = 20;  // one part in so many of the run's time

  Clock::time_point begin_ = Clock::now();
  Clock::duration spent_{};
  int done_ = 0;
};

/// A run in progress: its cases, and the receipt that grows with them.
class Run {
 public:
  Run(const Pipeline& pipeline, std::span<const Case> cases, BackendPool& pool,
      Reporting& reporting, Receipt& receipt)
      : pipeline_(pipeline),
        cases_(cases),
        pool_(pool),
        reporting_(reporting),
        receipt_(receipt),
        runner_(pipeline, pool),
        comparisons_(pipeline, pool),
        pairs_(pairs_of(pipeline, cases)),
        watch_(cases.size()) {}

  void cases() {
    // Every case of the plan has a result from the start, so that none can go missing unseen.
    for (const Case& what : cases_) {
      receipt_.cases.push_back(not_run(what, {reason::kMissingCase, "it was planned and not run"}));
    }
    for (const Pair& pair : pairs_) {
      receipt_.comparisons.push_back(planned(cases_[pair.candidate], cases_[pair.baseline]));
    }
    // Whatever an earlier run left where the receipt goes must not be taken for this one's.
    pace_.step([&] { write_checkpoint(0); });
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      reporting_.event(case_started(watch_.at(i, i), cases_[i]));
      try {
        if (worker::interrupted()) throw worker::Interrupted();
        receipt_.cases[i] = runner_.run(cases_[i]);
      } catch (const worker::Interrupted&) {
        end_at(i, receipt_);
        return;
      }
      if (i + 1 < cases_.size() || !pairs_.empty()) pace_.step([&] { write_checkpoint(i + 1); });
      reporting_.event(case_finished(watch_.at(i, i + 1), receipt_.cases[i]));
    }
    try {
      for (std::size_t i = 0; i < pairs_.size(); ++i) {
        compare(i);
        if (i + 1 < pairs_.size()) pace_.step([&] { write_checkpoint(cases_.size()); });
      }
      while (receipt_.attempts.made < pipeline_.attempts && try_again()) {
      }
    } catch (const worker::Interrupted&) {
      receipt_.interrupted = true;
    }
  }

 private:
  /// Pair number `index` in turns, if both arms were measured.
  void compare(std::size_t index) {
    Comparison& comparison = receipt_.comparisons[index];
    const Pair& pair = pairs_[index];
    const auto candidate = time_of(receipt_.cases[pair.candidate]);
    const auto baseline = time_of(receipt_.cases[pair.baseline]);
    if (!candidate || !baseline) {
      comparison.reason = {reason::kMissingCase, "one of its arms was not timed"};
      return;
    }
    reporting_.event(comparison_started(index, pairs_.size(), comparison));
    if (worker::interrupted()) throw worker::Interrupted();
    Comparison result = comparisons_.run(cases_[pair.candidate], *candidate, cases_[pair.baseline],
                                         *baseline, comparison);
    const std::uint64_t attempt = receipt_.attempts.made;
    comparison = attempt == 1 ? std::move(result) : joined(comparison, std::move(result), attempt);
  }

  /// Measures more of what could not be told. False if there is nothing that it may help.
  bool try_again() {
    receipt_.plugins = pool_.plugins();
    judge_receipt(pipeline_, receipt_);
    const Undecided again = undecided(receipt_);
    if (again.empty()) return false;
    const std::uint64_t attempt = ++receipt_.attempts.made;
    reporting_.event(
        message("info", fmt::format("attempt {} of {}: {} ({})", attempt, pipeline_.attempts,
                                    receipt_.verdict.reason.text(),
                                    counted(again.cases.size(), again.comparisons.size()))));
    for (const std::size_t index : again.cases) {
      if (worker::interrupted()) throw worker::Interrupted();
      CaseResult& result = receipt_.cases[index];
      result = joined(result, runner_.run_again(cases_[index], result), cases_[index], attempt);
    }
    for (const std::size_t index : again.comparisons) compare(index);
    pace_.step([&] { write_checkpoint(cases_.size()); });
    return true;
  }

  /// "2 cases and 1 comparison again"
  static std::string counted(std::size_t cases, std::size_t comparisons) {
    const auto words = [](std::size_t count, const char* what) {
      return count == 0 ? "" : fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
    };
    const bool both = cases > 0 && comparisons > 0;
    return words(cases, "case") + (both ? " and " : "") + words(comparisons, "comparison") +
           " again";
  }

  /// Of one execution; nothing if no gate may judge it.
  static std::optional<double> time_of(const CaseResult& result) {
    const auto found = result.metrics.find("compute.time");
    if (standing_of(result).status != CaseStatus::kMeasured) return std::nullopt;
    return found == result.metrics.end() ? std::nullopt : found->second.value;
  }

  /// Makes it the receipt of a run that was interrupted before case number `next`.
  void end_at(std::size_t next, Receipt& receipt) const {
    receipt.interrupted = true;
    for (std::size_t i = next; i < cases_.size(); ++i) {
      receipt.cases[i] = not_run(cases_[i], {reason::kInterrupted, "before it was done"});
    }
  }

  /// Hands out what there is: a host that is killed can't do it later.
  void write_checkpoint(std::size_t next) {
    Receipt so_far = receipt_;
    so_far.plugins = pool_.plugins();
    so_far.plugins.insert(so_far.plugins.end(), reporting_.plugins().begin(),
                          reporting_.plugins().end());
    end_at(next, so_far);
    judge_receipt(pipeline_, so_far);
    so_far.finished = now_rfc3339();
    reporting_.event(checkpoint(so_far));
  }

  const Pipeline& pipeline_;
  std::span<const Case> cases_;
  BackendPool& pool_;
  Reporting& reporting_;
  Receipt& receipt_;
  CaseRunner runner_;
  ComparisonRunner comparisons_;
  std::vector<Pair> pairs_;
  Stopwatch watch_;
  Pace pace_;
};

}  // namespace

Receipt conduct(const Pipeline& pipeline, std::span<const Case> cases, const RunOptions& options) {
  Receipt receipt;
  receipt.tool = {std::string(tool_version()), std::string(tool_git()), std::string(tool_build())};
  receipt.started = now_rfc3339();
  receipt.argv = options.argv;
  receipt.environment = read_environment();
  receipt.pipeline = {pipeline.name,
                      pipeline.gate,
                      pipeline.path.string(),
                      pipeline.sha256,
                      pipeline.text,
                      pipeline.replaced_axes,
                      pipeline.replaced_seed,
                      pipeline.replaced_tokens,
                      pipeline.replaced_values,
                      options.filter,
                      pipeline.repository_path,
                      pipeline.repository_text,
                      wants_targets(pipeline) ? pipeline.targets.string() : "",
                      pipeline.targets_text};
  receipt.context = options.context;

  const worker::Catalog catalog = worker::search(worker::search_directories(), options.plugins);
  const worker::WorkerOptions workers = worker_setup(pipeline.limits, options.isolate);
  require_pinned(pipeline, catalog);
  // What can't be checked is an error of its case or reporter, when it comes to that.
  static_cast<void>(check_options(pipeline, catalog, workers));
  Reporting reporting(pipeline, catalog, workers);
  reporting.begin(plan_document(pipeline, cases, this_terminal(), options.context));
  {
    BackendPool pool(pipeline, catalog, workers);
    if (!cases.empty()) Run(pipeline, cases, pool, reporting, receipt).cases();
    receipt.plugins = pool.plugins();
  }
  receipt.plugins.insert(receipt.plugins.end(), reporting.plugins().begin(),
                         reporting.plugins().end());
  judge_receipt(pipeline, receipt);
  receipt.finished = now_rfc3339();
  if (cases.empty()) receipt.verdict.reason.detail = options.why_empty;

  reporting.finish(to_json(receipt).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  if (reporting.required_failed() && receipt.verdict.exit_code == ExitCode::kPass) {
    receipt.verdict.exit_code = ExitCode::kFault;
  }
  return receipt;
}

}  // namespace bitgate

#include "run/conductor.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/version.hpp"
#include "gate/judge.hpp"
#include "measure/environment.hpp"
#include "receipt/json.hpp"
#include "run/backend_pool.hpp"
#include "run/case_runner.hpp"
#include "run/documents.hpp"
#include "run/reporting.hpp"
#include "run/worker_setup.hpp"
#include "worker/interrupt.hpp"

namespace bitgate {
namespace {

std::string now_rfc3339() {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

CaseResult not_run(const Case& what, Reason why) {
  CaseResult result;
  result.id = what.id;
  result.suite = what.suite->name;
  result.backend = what.backend->name;
  result.axes = what.axes();
  result.reason = std::move(why);
  return result;
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

void run_cases(const Pipeline& pipeline, std::span<const Case> cases, BackendPool& pool,
               Reporting& reporting, Receipt& receipt) {
  if (cases.empty()) return;
  // Every case of the plan has a result from the start, so that none can go missing unseen.
  for (const Case& what : cases) {
    receipt.cases.push_back(not_run(what, {reason::kMissingCase, "it was planned and not run"}));
  }
  CaseRunner runner(pipeline, pool);
  const Stopwatch watch(cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    reporting.event(case_started(watch.at(i, i), cases[i]));
    try {
      if (worker::interrupted()) throw worker::Interrupted();
      receipt.cases[i] = runner.run(cases[i]);
    } catch (const worker::Interrupted&) {
      receipt.interrupted = true;
      for (; i < cases.size(); ++i)
        receipt.cases[i] = not_run(cases[i], {reason::kInterrupted, "before it was done"});
      return;
    }
    reporting.event(case_finished(watch.at(i, i + 1), receipt.cases[i]));
  }
}

void collect_ceilings(Receipt& receipt) {
  for (const CaseResult& result : receipt.cases) {
    if (!result.ceilings) continue;
    Ceilings& best = receipt.ceilings[result.threads];
    best.read_bandwidth = std::max(best.read_bandwidth, result.ceilings->read_bandwidth);
    best.int8_peak = std::max(best.int8_peak, result.ceilings->int8_peak);
    best.f32_peak = std::max(best.f32_peak, result.ceilings->f32_peak);
  }
}

}  // namespace

Receipt conduct(const Pipeline& pipeline, std::span<const Case> cases, const RunOptions& options) {
  Receipt receipt;
  receipt.tool = {std::string(tool_version()), std::string(tool_git()), std::string(tool_build())};
  receipt.started = now_rfc3339();
  receipt.argv = options.argv;
  receipt.environment = read_environment();
  receipt.pipeline = {pipeline.name, pipeline.gate, pipeline.path.string(), pipeline.sha256};

  const worker::Catalog catalog = worker::search(worker::search_directories());
  const worker::WorkerOptions workers = worker_setup(pipeline.limits, options.isolate);
  Reporting reporting(pipeline, catalog, workers);
  reporting.begin(plan_document(pipeline, cases, this_terminal()));
  {
    BackendPool pool(pipeline, catalog, workers);
    run_cases(pipeline, cases, pool, reporting, receipt);
    receipt.plugins = pool.plugins();
  }
  receipt.plugins.insert(receipt.plugins.end(), reporting.plugins().begin(),
                         reporting.plugins().end());
  collect_ceilings(receipt);
  receipt.gates = judge(pipeline.gates, receipt.cases);
  receipt.verdict = conclude(receipt.gates, receipt.cases, receipt.interrupted, pipeline.routes);
  if (cases.empty()) receipt.verdict.reason.detail = options.why_empty;
  receipt.finished = now_rfc3339();

  reporting.finish(to_json(receipt).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  if (reporting.required_failed() && receipt.verdict.exit_code == ExitCode::kPass) {
    receipt.verdict.exit_code = ExitCode::kFault;
  }
  return receipt;
}

}  // namespace bitgate

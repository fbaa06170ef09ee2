// bitgate plan
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/context_options.hpp"
#include "cli/pipeline_options.hpp"
#include "cli/plugin_options.hpp"
#include "cli/receipts.hpp"
#include "gate/comparing.hpp"
#include "pipeline/scope.hpp"
#include "pipeline/units.hpp"
#include "run/backend_pool.hpp"
#include "run/comparison.hpp"
#include "run/planner.hpp"
#include "worker/search.hpp"

namespace bitgate::cli {
namespace {

void print_backends(const Selection& selection, const worker::Catalog& catalog) {
  std::set<std::string> used;
  for (const Case& what : selection.cases) used.insert(what.backend->name);
  fmt::print("backends\n");
  for (const BackendSpec& backend : selection.pipeline.backends) {
    if (used.count(backend.name) == 0) continue;
    std::string where;
    try {
      where = resolve_plugin(backend.plugin, "backend", selection.pipeline, catalog).path.string();
    } catch (const worker::NotFound& error) {
      where = std::string("MISSING: ") + error.what();
    }
    fmt::print("  {:<12} {:<16} {}\n", backend.name,
               backend.device.empty() ? "default device" : backend.device, where);
  }
}

bool covers(const Rule& rule, const Case& what) {
  return std::all_of(rule.where.begin(), rule.where.end(), [&](const auto& wanted) {
    if (wanted.first == "suite") return what.suite->name == wanted.second;
    if (wanted.first == "backend") return what.backend->name == wanted.second;
    const auto axes = what.axes();
    return std::find(axes.begin(), axes.end(), std::pair(wanted.first, wanted.second)) !=
           axes.end();
  });
}

void print_gates(const Selection& selection) {
  fmt::print("gates\n");
  for (const Rule& rule : selection.pipeline.gates) {
    const auto covered = std::count_if(selection.cases.begin(), selection.cases.end(),
                                       [&](const Case& what) { return covers(rule, what); });
    std::string against;
    for (const auto& [axis, value] : rule.against)
      against += fmt::format(" against {}={}", axis, value);
    fmt::print("  {:<16} {} {}{}  ({} cases{})\n", rule.id, rule.metric, rule.require.text, against,
               covered, rule.required ? "" : ", not required");
  }
}

/// Of one execution.
double compute_ns(const Receipt& receipt, const std::string& id) {
  for (const CaseResult& result : receipt.cases) {
    if (result.id == id) return shown_value("compute.time", result).value_or(0);
  }
  return 0;
}

/// What the budget can tell of each comparison, by what the pilot's rounds were like; exit code 2
/// if that is less than what is wanted.
int print_power(const Selection& selection, const Receipt& pilot, double delta) {
  const auto max_ns = static_cast<double>(selection.pipeline.sampling.max_time.count());
  const std::vector<Pair> pairs = pairs_of(selection.pipeline, selection.cases);
  if (pairs.empty()) throw UsageError("no gate of this pipeline compares times: nothing to plan");
  fmt::print("comparisons, by the pilot of {}\n", pilot.started);
  double coarsest = 0;
  double seconds = 0;
  for (const Pair& pair : pairs) {
    const std::string& candidate = selection.cases[pair.candidate].id;
    const std::string& baseline = selection.cases[pair.baseline].id;
    const Comparison* known = find_comparison(pilot.comparisons, candidate, baseline);
    if (known == nullptr || known->rounds.empty()) {
      throw UsageError(fmt::format(
          "the pilot has no rounds of {} against {}; run the pipeline once", candidate, baseline));
    }
    const ComparisonPlan plan =
        plan_comparison(*known, compute_ns(pilot, candidate), compute_ns(pilot, baseline), max_ns,
                        delta, selection.pipeline.attempts);
    fmt::print(
        "  {} against {}\n    a round varies by {:.2g}%; {} rounds fit, take {:.1f} s, and tell "
        "{:.2g}%\n    {:g}% takes {} rounds and {:.1f} s; what is beyond a limit by that is found "
        "in {:.0f}% of runs\n",
        candidate, baseline, plan.deviation * 100, plan.rounds, plan.seconds, plan.resolves * 100,
        delta * 100, plan.needed, plan.needed_seconds, plan.chance * 100);
    coarsest = std::max(coarsest, plan.resolves);
    seconds += plan.seconds;
  }
  fmt::print("{} comparisons, {:.2g} min of rounds\n", pairs.size(), seconds / 60);
  if (coarsest <= delta) return 0;
  fmt::print(stderr,
             "{:g}% can't be told in max_time {:g} s, {:.2g}% can; raise sampling.max_time (60 "
             "rounds are the most), quiet the machine, or ask for more\n",
             delta * 100, max_ns / 1e9, coarsest * 100);
  return static_cast<int>(ExitCode::kUsage);
}

}  // namespace

int plan(const Arguments& arguments) {
  const Usage usage{
      "bitgate plan [FILE] [options]",
      "Shows what a run would do: cases, where each backend's plugin is, and the "
      "gates with the\nnumber of cases that each looks at. Asks plugins for the schema of their "
      "options, and opens none.",
      kPipelineArgument, 1};
  po::options_description options = selection_options();
  options.add(search_options()).add(lock_options());
  add_context_options(options);
  auto add = options.add_options();
  add("pilot", po::value<std::string>()->value_name("RECEIPT"),
      "say what comparisons will tell, by the rounds of this earlier run here");
  add("delta", po::value<std::string>()->value_name("PERCENT"),
      "with --pilot: the difference to tell; exit code 2 if max_time is too short for it");
  const auto values = parse(usage, options, arguments);
  if (!values) return 0;
  const bool has_pilot = values->count("pilot") != 0;
  if (has_pilot != (values->count("delta") != 0)) {
    throw UsageError("--pilot and --delta go together, e.g. --pilot receipt.json --delta 5%");
  }
  const double delta =
      has_pilot ? parse_percent((*values)["delta"].as<std::string>()).value_or(0) : 0;
  if (has_pilot && !(delta > 0)) throw UsageError("--delta: write a percentage such as 5%");
  Selection selection;
  select(*values, selection);
  const Pipeline& pipeline = selection.pipeline;
  Context context = context_here(*values, pipeline);
  apply_scope(context, selection.pipeline);
  const worker::Catalog catalog =
      worker::search(worker::search_directories(), plugin_rules(*values, pipeline.path));
  require_pinned(pipeline, catalog);
  for (const std::string& note : check_options(pipeline, catalog, {})) {
    fmt::print(stderr, "note: {}\n", note);
  }
  fmt::print("{} ({})\n  {}\n  sha256 {}\n", pipeline.name, pipeline.gate, pipeline.path.string(),
             pipeline.sha256);
  print_backends(selection, catalog);
  fmt::print("cases\n");
  for (const Case& what : selection.cases) {
    const Reason why = why_off(pipeline, *what.suite, *what.backend);
    fmt::print("  {}{}\n", what.id, why.empty() ? "" : fmt::format("  (skipped: {})", why.text()));
  }
  print_gates(selection);
  if (selection.cases.empty()) {
    fmt::print(stderr, "no cases: {}\n", selection.why_empty);
    return static_cast<int>(ExitCode::kNothingMeasured);
  }
  fmt::print("{} cases, at most {:g} s of timed samples each\n", selection.cases.size(),
             std::chrono::duration<double>(pipeline.sampling.max_time).count());
  if (has_pilot) {
    return print_power(selection, verified_receipt((*values)["pilot"].as<std::string>()), delta);
  }
  return 0;
}

}  // namespace bitgate::cli

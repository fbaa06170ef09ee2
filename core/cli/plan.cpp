// bitgate plan
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/pipeline_options.hpp"
#include "cli/plugin_options.hpp"
#include "receipt/receipt.hpp"
#include "run/backend_pool.hpp"
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
    const std::vector<std::string>& on = selection.pipeline.features;
    const bool off =
        !backend.feature.empty() && std::find(on.begin(), on.end(), backend.feature) == on.end();
    fmt::print("  {:<12} {:<16} {}{}\n", backend.name,
               backend.device.empty() ? "default device" : backend.device, where,
               off ? fmt::format("  (skipped: feature '{}' is off)", backend.feature) : "");
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
  const auto values = parse(usage, options, arguments);
  if (!values) return 0;
  Selection selection;
  select(*values, selection);
  const Pipeline& pipeline = selection.pipeline;
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
  for (const Case& what : selection.cases) fmt::print("  {}\n", what.id);
  print_gates(selection);
  if (selection.cases.empty()) {
    fmt::print(stderr, "no cases: {}\n", selection.why_empty);
    return static_cast<int>(ExitCode::kNothingMeasured);
  }
  fmt::print("{} cases, at most {:g} s of timed samples each\n", selection.cases.size(),
             std::chrono::duration<double>(pipeline.sampling.max_time).count());
  return 0;
}

}  // namespace bitgate::cli

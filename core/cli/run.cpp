// bitgate run
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "cli/baselines.hpp"
#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/context_options.hpp"
#include "cli/pipeline_options.hpp"
#include "cli/plugin_options.hpp"
#include "cli/reporter_options.hpp"
#include "pipeline/units.hpp"
#include "run/conductor.hpp"
#include "worker/interrupt.hpp"

namespace bitgate::cli {
namespace {

bool isolated(const po::variables_map& values) {
  const auto& how = values["isolate"].as<std::string>();
  if (how != "process" && how != "none") {
    throw UsageError(fmt::format("--isolate {}: process or none", how));
  }
  return how == "process";
}

/// Whether the run is of the flow that the pipeline belongs to; says what was decided.
bool passes_guard(const Pipeline& pipeline) {
  if (!pipeline.guard) return true;
  const GuardDecision decision = decide(*pipeline.guard, std::getenv(pipeline.guard->env.c_str()));
  fmt::print(stderr, "guard: {}\n", decision.why);
  if (!decision.run) {
    fmt::print("{} = skipped ({})\n", guard_id(pipeline.gate), reason::kOutOfScope);
  }
  return decision.run;
}

int dry_run(const Selection& selection) {
  for (const Case& what : selection.cases) fmt::print("{}\n", what.id);
  fmt::print("{} cases, {} gates; nothing was run\n", selection.cases.size(),
             selection.pipeline.gates.size());
  return static_cast<int>(ExitCode::kNothingMeasured);
}

}  // namespace

int run(const Arguments& arguments) {
  po::options_description options = selection_options();
  options.add(search_options()).add(lock_options());
  add_reporter_options(options);
  add_context_options(options);
  auto add = options.add_options();
  add("dry-run", "print the cases that would run, and stop (exit code 5: nothing was measured)");
  add("isolate", po::value<std::string>()->default_value("process")->value_name("process|none"),
      "none: plugins run in this process, for debuggers, without deadline and limits");
  add("timeout", po::value<std::string>()->value_name("DURATION"),
      "deadline of one step of a plugin, e.g. 30s; overrides limits.step");
  add("baselines", po::value<std::string>()->value_name("DIR"),
      "show how numbers moved since the baseline in DIR; a run of the flow generative that passes "
      "establishes it where there is none");
  add("verbose,v", "show what plugins and the host log");
  const Usage usage{"bitgate run [FILE] [options]",
                    "Runs a pipeline (without FILE: the quickstart), judges its gates and reports "
                    "the verdict.\nThe exit code is the verdict's.",
                    kPipelineArgument, 1};
  const auto values = parse(usage, options, arguments);
  if (!values) return 0;
  if (values->count("verbose") != 0) spdlog::set_level(spdlog::level::debug);

  Selection selection;
  select(*values, selection);
  Pipeline& pipeline = selection.pipeline;
  if (!passes_guard(pipeline)) return static_cast<int>(ExitCode::kPass);
  if (values->count("timeout") != 0) {
    const auto& text = (*values)["timeout"].as<std::string>();
    const auto limit = parse_duration(text);
    if (!limit) throw UsageError(fmt::format("--timeout {}: write a duration such as 30s", text));
    pipeline.limits.step = *limit;
  }
  pipeline.reporters = reporters_of(*values, std::move(pipeline.reporters));
  if (values->count("dry-run") != 0) return dry_run(selection);

  RunOptions run_options;
  run_options.isolate = isolated(*values);
  run_options.argv = {"bitgate", "run"};
  run_options.argv.insert(run_options.argv.end(), arguments.begin(), arguments.end());
  run_options.why_empty = selection.why_empty;
  run_options.filter = selection.filter;
  run_options.plugins = plugin_rules(*values, pipeline.path);
  run_options.context = context_here(*values, pipeline);
  apply_scope(*run_options.context, pipeline);
  worker::catch_interrupts();
  const Receipt receipt = conduct(pipeline, selection.cases, run_options);
  if (values->count("baselines") != 0) {
    after_run((*values)["baselines"].as<std::string>(), receipt);
  }
  return static_cast<int>(receipt.verdict.exit_code);
}

}  // namespace bitgate::cli

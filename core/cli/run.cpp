// bitgate run
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/pipeline_options.hpp"
#include "cli/plugin_options.hpp"
#include "pipeline/units.hpp"
#include "run/conductor.hpp"
#include "worker/interrupt.hpp"

namespace bitgate::cli {
namespace {

/// "NAME", or "NAME:key=value,key=value" with values as text.
ReporterSpec reporter_of(const std::string& text) {
  ReporterSpec reporter;
  const std::size_t colon = text.find(':');
  reporter.plugin = text.substr(0, colon);
  std::string rest = colon == std::string::npos ? "" : text.substr(colon + 1);
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string option = rest.substr(0, comma);
    const std::size_t equals = option.find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw UsageError(fmt::format("--reporter {}: write NAME:key=value,key=value", text));
    }
    reporter.options[option.substr(0, equals)] = option.substr(equals + 1);
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
  }
  // Whoever names a reporter on the command line wants its output.
  reporter.required = true;
  return reporter;
}

void choose_reporters(const po::variables_map& values, Pipeline& pipeline) {
  if (values.count("reporter") != 0) {
    pipeline.reporters.clear();
    for (const std::string& text : values["reporter"].as<std::vector<std::string>>()) {
      pipeline.reporters.push_back(reporter_of(text));
    }
  } else if (pipeline.reporters.empty()) {
    pipeline.reporters.push_back({"console", nlohmann::json::object(), false});
  }
  if (values.count("json") != 0) {
    pipeline.reporters.push_back({"json", {{"path", values["json"].as<std::string>()}}, true});
  }
}

bool isolated(const po::variables_map& values) {
  const auto& how = values["isolate"].as<std::string>();
  if (how != "process" && how != "none") {
    throw UsageError(fmt::format("--isolate {}: process or none", how));
  }
  return how == "process";
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
  auto add = options.add_options();
  add("reporter",
      po::value<std::vector<std::string>>()->composing()->value_name("NAME[:key=value,…]"),
      "report with these instead of the pipeline's reporters (repeatable)");
  add("json", po::value<std::string>()->value_name("FILE"),
      "write the receipt here as well; - for stdout");
  add("dry-run", "print the cases that would run, and stop (exit code 5: nothing was measured)");
  add("isolate", po::value<std::string>()->default_value("process")->value_name("process|none"),
      "none: plugins run in this process, for debuggers, without deadline and limits");
  add("timeout", po::value<std::string>()->value_name("DURATION"),
      "deadline of one step of a plugin, e.g. 30s; overrides limits.step");
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
  if (values->count("timeout") != 0) {
    const auto& text = (*values)["timeout"].as<std::string>();
    const auto limit = parse_duration(text);
    if (!limit) throw UsageError(fmt::format("--timeout {}: write a duration such as 30s", text));
    pipeline.limits.step = *limit;
  }
  choose_reporters(*values, pipeline);
  if (values->count("dry-run") != 0) return dry_run(selection);

  RunOptions run_options;
  run_options.isolate = isolated(*values);
  run_options.argv = {"bitgate", "run"};
  run_options.argv.insert(run_options.argv.end(), arguments.begin(), arguments.end());
  run_options.why_empty = selection.why_empty;
  run_options.plugins = plugin_rules(*values, pipeline.path);
  worker::catch_interrupts();
  const Receipt receipt = conduct(pipeline, selection.cases, run_options);
  return static_cast<int>(receipt.verdict.exit_code);
}

}  // namespace bitgate::cli

// bitgate compare
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/comparison_options.hpp"
#include "cli/pipeline_options.hpp"
#include "cli/plugin_options.hpp"
#include "cli/reporter_options.hpp"
#include "pipeline/reader.hpp"
#include "run/conductor.hpp"
#include "worker/interrupt.hpp"

namespace bitgate::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// What stands on one side.
struct Side {
  std::string plugin;
  std::string device;
};

/// "PLUGIN[@DEVICE]": an id, a library, or the prefix of an installation, of which `backend` is
/// meant.
Side side_of(const std::string& text, const std::string& backend) {
  const std::size_t at = text.find('@');
  Side side{text.substr(0, at), at == std::string::npos ? "" : text.substr(at + 1)};
  if (side.plugin.empty()) throw UsageError(fmt::format("'{}' names no plugin", text));
  if (fs::is_directory(side.plugin)) {
    side.plugin = fs::path(side.plugin) / "lib/bitgate/plugins" / (backend + ".so");
  }
  if (side.plugin.find('/') != std::string::npos) side.plugin = fs::absolute(side.plugin);
  return side;
}

std::string backend_text(const Side& side) {
  json backend = {{"plugin", side.plugin}};
  if (!side.device.empty()) backend["device"] = side.device;
  return backend.dump();
}

/// The pipeline of the comparison, which the receipt holds: the layers of BitNet b1.58 2B-4T, one
/// row of activations and sixteen.
std::string pipeline_text(const Side& baseline, const Side& candidate, const std::string& limit,
                          const std::string& time) {
  return fmt::format(R"(version: 1
name: compare
features: [cpu]
backends:
  candidate: {}
  baseline: {}
suites:
  kernels:
    backends: [candidate, baseline]
    load: {{source: synthetic, values: ternary, shape: [2560x2560, 6912x2560, 2560x6912], seed: 42}}
    quantize: {{format: i2_s}}
    compute: {{op: matmul, batch: [1, 16], threads: all, cache: cold}}
    output: {{check: oracle}}
sampling: {{min_samples: 12, precision: 5%, max_time: {}}}
gates:
  - {{id: exact, metric: output.mismatches, require: "== 0"}}
  - {{id: regression, metric: compute.time, where: {{backend: candidate}}, against: {{backend: baseline}}, require: "<= +{}"}}
)",
                     backend_text(candidate), backend_text(baseline), time, limit);
}

}  // namespace

int compare(const Arguments& arguments) {
  po::options_description options = selection_options();
  options.add(search_options());
  add_reporter_options(options);
  add_comparison_options(options, {"5%", "4s"});
  auto add = options.add_options();
  add("backend", po::value<std::string>()->default_value("cpu_simd")->value_name("ID"),
      "the plugin that is meant by the prefix of an installation");
  const Usage usage{
      "bitgate compare BASELINE CANDIDATE [options]",
      "Compares two backends in turns, on the same cores, with a copy of the baseline as a "
      "control. A side is\nPLUGIN[@DEVICE]: the id of a plugin, its library, or the prefix of an "
      "installation.\nThe exit code is the verdict's: 0 surely not slower by more than the limit, "
      "1 surely slower, or a wrong\noutput, 3 the machine can't tell.",
      "sides", 2};
  const auto values = parse(usage, options, arguments);
  if (!values) return 0;
  const auto sides = values->count("sides") == 0
                         ? std::vector<std::string>()
                         : (*values)["sides"].as<std::vector<std::string>>();
  if (sides.size() != 2) throw UsageError("name two sides\nusage: " + usage.synopsis);
  const auto [limit, time] = comparison_options_of(*values);
  const auto& backend = (*values)["backend"].as<std::string>();
  Selection selection;
  selection.pipeline = parse_pipeline(
      pipeline_text(side_of(sides[0], backend), side_of(sides[1], backend), limit, time),
      "bitgate compare", overrides_of(*values));
  choose_cases(*values, selection);
  selection.pipeline.reporters = reporters_of(*values, {});

  RunOptions run_options;
  run_options.argv = {"bitgate", "compare"};
  run_options.argv.insert(run_options.argv.end(), arguments.begin(), arguments.end());
  run_options.why_empty = selection.why_empty;
  run_options.filter = selection.filter;
  run_options.plugins = plugin_rules(*values, "");
  worker::catch_interrupts();
  return static_cast<int>(
      conduct(selection.pipeline, selection.cases, run_options).verdict.exit_code);
}

}  // namespace bitgate::cli

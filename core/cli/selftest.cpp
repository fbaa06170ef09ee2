// bitgate selftest
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/plugin_options.hpp"
#include "pipeline/expand.hpp"
#include "pipeline/reader.hpp"
#include "run/conductor.hpp"
#include "worker/interrupt.hpp"
#include "worker/search.hpp"

namespace bitgate::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kLimit = "2%";

/// What is done to the backend, and what has to come of it.
struct Twin {
  std::string_view name;
  std::string_view sabotage;
  int percent = 0;
  std::string_view device = "";  ///< instead of the backend's own
  bool timed = false;            ///< chance has a part in it, so it is run several times
};

constexpr std::array<Twin, 10> kTwins = {{
    {"an identical twin", "none", 0, "", true},
    {"3% slower", "slow", 3, "", true},
    {"5% slower", "slow", 5, "", true},
    {"7% slower", "slow", 7, "", true},
    {"10% slower", "slow", 10, "", true},
    {"one element wrong", "wrong"},
    {"runs nothing", "empty"},
    {"runs once, faster than the ceiling", "short"},
    {"a device that is not real", "simulated"},
    {"a device that is not there", "none", 0, "none/0"},
}};

/// How the verdicts of a twin came out.
struct Outcomes {
  int pass = 0;
  int fail = 0;
  int open = 0;  ///< neither, with the last reason
  std::string why;
};

/// The library that spoils others, beside the plugins of this installation.
fs::path sabotage_library() {
  const fs::path executable = fs::read_symlink("/proc/self/exe");
  return executable.parent_path().parent_path() / "lib/bitgate/selftest/sabotage.so";
}

std::string pipeline_text(const Twin& twin, const std::string& plugin, const std::string& device) {
  json original = {{"plugin", plugin}};
  if (!device.empty()) original["device"] = device;
  json spoilt = {
      {"plugin", sabotage_library().string()},
      {"options", {{"plugin", plugin}, {"sabotage", twin.sabotage}, {"percent", twin.percent}}}};
  const std::string wanted = twin.device.empty() ? device : std::string(twin.device);
  if (!wanted.empty()) spoilt["device"] = wanted;
  return fmt::format(R"(version: 1
name: selftest
features: [cpu]
backends:
  twin: {}
  original: {}
suites:
  kernels:
    backends: [twin, original]
    load: {{source: synthetic, values: ternary, shape: 2560x2560, seed: 42}}
    quantize: {{format: i2_s}}
    compute: {{op: matmul, batch: 1, threads: 1, cache: hot}}
sampling: {{min_samples: 12, precision: 100%, max_time: 2s}}
gates:
  - {{id: exact, metric: output.mismatches, require: "== 0"}}
  - {{id: regression, metric: compute.time, where: {{backend: twin}}, against: {{backend: original}}, require: "<= +{}"}}
)",
                     spoilt.dump(), original.dump(), kLimit);
}

Outcomes try_twin(const Twin& twin, const std::string& plugin, const std::string& device,
                  int runs) {
  Outcomes out;
  const Pipeline pipeline = parse_pipeline(pipeline_text(twin, plugin, device), "bitgate selftest");
  const std::vector<Case> cases = expand(pipeline);
  for (int run = 0; run < (twin.timed ? runs : 1); ++run) {
    if (worker::interrupted()) throw std::runtime_error("interrupted");
    const Receipt receipt = conduct(pipeline, cases, {});
    switch (receipt.verdict.status) {
      case VerdictStatus::kPass:
        ++out.pass;
        break;
      case VerdictStatus::kFail:
        ++out.fail;
        break;
      case VerdictStatus::kSkipped:
        ++out.open;
    }
    if (!receipt.verdict.reason.empty()) out.why = receipt.verdict.reason.text();
  }
  return out;
}

void print_row(const Twin& twin, const Outcomes& outcomes) {
  fmt::print("{:<36} {:>4} {:>4} {:>6}   {}\n", twin.name, outcomes.fail, outcomes.pass,
             outcomes.open, outcomes.why.substr(0, outcomes.why.find(" (kernels")));
  std::fflush(stdout);
}

bool is_twin(const Twin& twin) { return twin.sabotage == "none" && twin.device.empty(); }

}  // namespace

int selftest(const Arguments& arguments) {
  po::options_description options = search_options();
  auto add = options.add_options();
  add("backend", po::value<std::string>()->default_value("cpu_simd")->value_name("ID"),
      "the backend to spoil");
  add("device", po::value<std::string>()->default_value("")->value_name("ID"),
      "its device, if not its first");
  add("runs", po::value<int>()->default_value(5)->value_name("N"),
      "how often each difference of speed is judged");
  const Usage usage{"bitgate selftest [options]",
                    "Proves on this machine that a gate can fail: spoils a backend in several "
                    "ways, and judges each against\nthe backend itself. Exit code 1 if a spoilt "
                    "one passes or an identical twin fails, 3 if the machine\ncan't even tell 10%.",
                    "", 0};
  const auto values = parse(usage, options, arguments);
  if (!values) return 0;
  const int runs = (*values)["runs"].as<int>();
  if (runs < 1) throw UsageError("--runs: write a number from 1 on");
  if (!fs::exists(sabotage_library())) {
    throw std::runtime_error(sabotage_library().string() + " is missing; install bitgate again");
  }
  const worker::Catalog catalog = search_plugins(*values);
  const std::string plugin =
      worker::find_plugin(catalog, (*values)["backend"].as<std::string>(), "backend").path.string();
  const auto& device = (*values)["device"].as<std::string>();

  worker::catch_interrupts();
  fmt::print("{} against itself, limit +{}\n\n{:<36} {:>4} {:>4} {:>6}   {}\n", plugin, kLimit,
             "spoilt how", "fail", "pass", "unsure", "why it is no pass, the last");
  bool passed = false;
  int false_alarms = 0;
  int found = 0;
  for (const Twin& twin : kTwins) {
    const Outcomes outcomes = try_twin(twin, plugin, device, runs);
    print_row(twin, outcomes);
    if (is_twin(twin)) {
      false_alarms = outcomes.fail;
    } else {
      passed = passed || outcomes.pass > 0;
      if (twin.percent == 10) found = outcomes.fail;
    }
  }
  fmt::print("\nfalse alarms: {} of {}; 10% slower found: {} of {}\n", false_alarms, runs, found,
             runs);
  if (passed) fmt::print("a spoilt backend passed: don't trust this installation's verdicts\n");
  if (passed || false_alarms > 0) return static_cast<int>(ExitCode::kFail);
  return static_cast<int>(found > 0 ? ExitCode::kPass : ExitCode::kInconclusive);
}

}  // namespace bitgate::cli

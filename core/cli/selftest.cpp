// bitgate selftest
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/comparison_options.hpp"
#include "cli/plugin_options.hpp"
#include "measure/sampling.hpp"
#include "pipeline/expand.hpp"
#include "pipeline/reader.hpp"
#include "pipeline/units.hpp"
#include "run/backend_pool.hpp"
#include "run/comparison.hpp"
#include "run/conductor.hpp"
#include "run/judgement.hpp"
#include "run/planner.hpp"
#include "run/worker_setup.hpp"
#include "worker/interrupt.hpp"
#include "worker/search.hpp"

namespace bitgate::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// What is done to the backend, and what has to come of it.
struct Twin {
  std::string name;
  std::string sabotage;
  double percent = 0;
  std::string device = {};  ///< instead of the backend's own
  bool timed = false;       ///< chance has a part in it, so it is run several times
};

/// Those that differ in speed alone, from "0,3,5". Throws UsageError.
std::vector<Twin> slower_twins(const std::string& list) {
  std::vector<Twin> twins;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    const std::string text = list.substr(at, comma - at);
    const auto share = parse_percent(text + "%");
    if (!share || *share < 0 || *share > 1) {
      throw UsageError(
          fmt::format("--slower {}: write percentages from 0 to 100, such as 0,3,5", list));
    }
    if (*share == 0) {
      twins.push_back({"an identical twin", "none", 0, "", true});
    } else {
      twins.push_back({text + "% slower", "slow", *share * 100, "", true});
    }
    at = comma + 1;
  }
  return twins;
}

/// Those that no time is needed to find out.
std::vector<Twin> wrong_twins() {
  return {{"one element wrong", "wrong"},
          {"runs nothing", "empty"},
          {"runs once, faster than the ceiling", "short"},
          {"a device that is not real", "simulated"},
          {"falls back to its last device", "fallback"},
          {"a device that is not there", "none", 0, "none/0"}};
}

/// The backend that is spoilt.
struct Original {
  std::string plugin;
  std::string device;
};

/// How the verdicts of a twin came out.
struct Outcomes {
  int pass = 0;
  int fail = 0;
  int open = 0;  ///< neither, with the last reason
  std::string why;

  [[nodiscard]] int all() const { return pass + fail + open; }
};

/// The library that spoils others, beside the plugins of this installation.
fs::path sabotage_library() {
  const fs::path executable = fs::read_symlink("/proc/self/exe");
  return executable.parent_path().parent_path() / "lib/bitgate/selftest/sabotage.so";
}

/// One suite of one case for each backend: small, so that a comparison is mostly its rounds.
std::string pipeline_text(const Twin& twin, const Original& original,
                          const ComparisonOptions& how) {
  json backend = {{"plugin", original.plugin}};
  if (!original.device.empty()) backend["device"] = original.device;
  json spoilt = {
      {"plugin", sabotage_library().string()},
      {"options",
       {{"plugin", original.plugin}, {"sabotage", twin.sabotage}, {"percent", twin.percent}}}};
  const std::string& wanted = twin.device.empty() ? original.device : twin.device;
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
    load: {{source: synthetic, values: ternary, shape: 1280x1280, seed: 42}}
    quantize: {{format: i2_s}}
    compute: {{op: matmul, batch: 1, threads: 1, cache: hot}}
sampling: {{min_samples: 12, precision: 100%, max_time: {}}}
gates:
  - {{id: exact, metric: output.mismatches, require: "== 0"}}
  - {{id: regression, metric: compute.time, where: {{backend: twin}}, against: {{backend: original}}, require: "<= +{}"}}
)",
                     spoilt.dump(), backend.dump(), how.time, how.limit);
}

/// Judges a twin again and again: its cases are measured once, its rounds each time, by workers
/// that are started afresh.
class Trial {
 public:
  Trial(const Twin& twin, const Original& original, const ComparisonOptions& how)
      : pipeline_(parse_pipeline(pipeline_text(twin, original, how), "bitgate selftest")),
        cases_(expand(pipeline_)),
        catalog_(worker::search(worker::search_directories(), {})),
        pool_(pipeline_, catalog_, worker_setup(pipeline_.limits, true)),
        runner_(pipeline_, pool_),
        receipt_(conduct(pipeline_, cases_, {})) {}
  Trial(const Trial&) = delete;  // its parts refer to each other
  Trial& operator=(const Trial&) = delete;

  Outcomes run(int runs) {
    Outcomes out;
    count(out);
    while (out.all() < runs && receipt_.comparisons.at(0).status == CaseStatus::kMeasured) {
      if (worker::interrupted()) throw std::runtime_error("interrupted");
      receipt_.comparisons[0] =
          runner_.run(cases_[0], time_of(0), cases_[1], time_of(1), planned(cases_[0], cases_[1]));
      judge_receipt(pipeline_, receipt_);
      count(out);
    }
    return out;
  }

  /// How often the planner would expect a twin that is slower by this share to fail, by the rounds
  /// of the last run.
  [[nodiscard]] double planned_share(double slower, double limit) const {
    const auto max_ns = static_cast<double>(pipeline_.sampling.max_time.count());
    const double beyond = (1 + slower) / (1 + limit) - 1;
    if (beyond <= 0 || receipt_.comparisons.at(0).rounds.empty()) return 0;
    return plan_comparison(receipt_.comparisons.at(0), time_of(0), time_of(1), max_ns, beyond)
        .chance;
  }

 private:
  [[nodiscard]] double time_of(std::size_t index) const {
    return median_ns(receipt_.cases.at(index).stages.at("compute"));
  }

  void count(Outcomes& out) const {
    switch (receipt_.verdict.status) {
      case VerdictStatus::kPass:
        ++out.pass;
        break;
      case VerdictStatus::kFail:
        ++out.fail;
        break;
      case VerdictStatus::kSkipped:
        ++out.open;
    }
    if (!receipt_.verdict.reason.empty()) out.why = receipt_.verdict.reason.text();
  }

  Pipeline pipeline_;
  std::vector<Case> cases_;
  worker::Catalog catalog_;
  BackendPool pool_;
  ComparisonRunner runner_;
  Receipt receipt_;
};

void print_row(const Twin& twin, const Outcomes& outcomes, const std::string& planned) {
  fmt::print("{:<36} {:>4} {:>4} {:>6} {:>8}   {}\n", twin.name, outcomes.fail, outcomes.pass,
             outcomes.open, planned, outcomes.why.substr(0, outcomes.why.find(" (kernels")));
  std::fflush(stdout);
}

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
  add("slower", po::value<std::string>()->default_value("0,3,5,7,10")->value_name("LIST"),
      "by how many percent; 0 is the identical twin");
  add_comparison_options(options, {"2%", "2s"});
  const Usage usage{"bitgate selftest [options]",
                    "Proves on this machine that a gate can fail: spoils a backend in several "
                    "ways, and judges each against\nthe backend itself. Says how often each "
                    "difference of speed was found, and how often the planner\nexpected it. Exit "
                    "code 1 if a spoilt one passes or an identical twin fails, 3 if the machine "
                    "can't\neven tell the slowest.",
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
  const Original original{plugin, (*values)["device"].as<std::string>()};
  const ComparisonOptions how = comparison_options_of(*values);
  const double limit = *parse_percent(how.limit);

  worker::catch_interrupts();
  fmt::print("{} against itself, limit +{}\n\n{:<36} {:>4} {:>4} {:>6} {:>8}   {}\n", plugin,
             how.limit, "spoilt how", "fail", "pass", "unsure", "planned",
             "why it is no pass, the last");
  std::vector<Twin> twins = slower_twins((*values)["slower"].as<std::string>());
  const std::vector<Twin> wrong = wrong_twins();
  twins.insert(twins.end(), wrong.begin(), wrong.end());
  bool passed = false;
  Outcomes identical;
  Outcomes slowest;
  double most = limit * 100;
  for (const Twin& twin : twins) {
    Trial trial(twin, original, how);
    const Outcomes outcomes = trial.run(twin.timed ? runs : 1);
    const bool may_pass = twin.timed && twin.percent <= limit * 100;
    print_row(twin, outcomes,
              !twin.timed || may_pass
                  ? ""
                  : fmt::format("{:.0f}%", trial.planned_share(twin.percent / 100, limit) * 100));
    passed = passed || (outcomes.pass > 0 && !may_pass);
    if (twin.timed && twin.percent == 0) identical = outcomes;
    if (twin.percent <= most) continue;
    most = twin.percent;
    slowest = outcomes;
  }
  fmt::print("\nfalse alarms: {} of {}", identical.fail, identical.all());
  if (slowest.all() > 0) {
    fmt::print("; {:g}% slower found: {} of {}", most, slowest.fail, slowest.all());
  }
  fmt::print("\n");
  if (passed) fmt::print("a spoilt backend passed: don't trust this installation's verdicts\n");
  if (passed || identical.fail > 0) return static_cast<int>(ExitCode::kFail);
  const bool told = slowest.all() == 0 || slowest.fail > 0;
  return static_cast<int>(told ? ExitCode::kPass : ExitCode::kInconclusive);
}

}  // namespace bitgate::cli

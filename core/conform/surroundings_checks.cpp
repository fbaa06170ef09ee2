// The process that a plugin lives in is not the plugin's: what it must leave alone, fact by fact.
#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "conform/bench.hpp"
#include "conform/description.hpp"
#include "conform/workload.hpp"

namespace bitgate::conform {
namespace {

/// What of a fact is not so in the other state: of lists only the entries that the other one lacks.
std::string only_in(const nlohmann::json& here, const nlohmann::json& there) {
  if (!here.is_array() || !there.is_array()) return here.dump();
  nlohmann::json own = nlohmann::json::array();
  for (const nlohmann::json& entry : here) {
    if (std::find(there.begin(), there.end(), entry) == there.end()) own.push_back(entry);
  }
  return own.dump();
}

/// Compares a fact of the worker's from before the plugin is loaded with the same fact after it was
/// used and closed.
void untouched(Bench& bench, const char* fact) {
  require_survival(bench);
  auto worker = bench.worker();
  const nlohmann::json before = worker->call({{"do", "inspect"}});
  worker->call(worker::open_request(bench.setting().plugin, bench.setting().options));
  use_and_close(bench, worker);
  const nlohmann::json after = worker->call({{"do", "inspect"}});
  if (before[fact] == after[fact]) return;
  bench.fail(fmt::format("{} before, {} after", only_in(before[fact], after[fact]),
                         only_in(after[fact], before[fact])));
}

/// A plugin that says so may leave the threads that a driver beneath it keeps, which are there
/// once.
void threads(Bench& bench) {
  require_survival(bench);
  auto worker = bench.worker();
  const nlohmann::json open = worker::open_request(bench.setting().plugin, bench.setting().options);
  const auto count = [&] { return worker->call({{"do", "inspect"}})["threads"]; };
  const nlohmann::json before = count();
  worker->call(open);
  use_and_close(bench, worker);
  const nlohmann::json once = count();
  if (before == once) return;
  const nlohmann::json described = description(bench);
  if (!described.is_object() || !described.value("driver_threads", false)) {
    return bench.fail(fmt::format("{} before, {} after", before.dump(), once.dump()));
  }
  worker->call(open);
  use_and_close(bench, worker);
  const nlohmann::json twice = count();
  if (once == twice) return;
  bench.fail(
      fmt::format("{} after it was closed, {} after the next time", once.dump(), twice.dump()));
}

template <const char* Fact>
void check_fact(Bench& bench) {
  untouched(bench, Fact);
}

constexpr char kFloatingPoint[] = "floating_point";
constexpr char kLocale[] = "locale";
constexpr char kSignals[] = "signals";
constexpr char kDirectory[] = "directory";
constexpr char kUmask[] = "umask";
constexpr char kEnvironment[] = "environment";
constexpr char kLimits[] = "limits";
constexpr char kStdout[] = "stdout";
constexpr char kChildren[] = "children";

constexpr std::array<Check, 10> kChecks = {{
    {"process.floating-point", Subject::kPlugin,
     "rounding and denormals stay as they were, also where the library is loaded",
     check_fact<kFloatingPoint>},
    {"process.locale", Subject::kPlugin, "the locale stays as it was", check_fact<kLocale>},
    {"process.signals", Subject::kPlugin, "signal handlers and masks stay as they were",
     check_fact<kSignals>},
    {"process.directory", Subject::kPlugin, "the working directory stays as it was",
     check_fact<kDirectory>},
    {"process.umask", Subject::kPlugin, "the umask stays as it was", check_fact<kUmask>},
    {"process.environment", Subject::kPlugin, "environment variables stay as they were",
     check_fact<kEnvironment>},
    {"process.limits", Subject::kPlugin, "resource limits stay as they were", check_fact<kLimits>},
    {"process.stdout", Subject::kPlugin, "nothing is written to stdout", check_fact<kStdout>},
    {"process.threads", Subject::kPlugin,
     "no thread is left after close; a driver's are started once", threads},
    {"process.children", Subject::kPlugin, "no child process is left after close",
     check_fact<kChildren>},
}};

}  // namespace

std::span<const Check> surroundings_checks() { return kChecks; }

}  // namespace bitgate::conform

// Loading and opening: what a library promises before it is asked to do anything.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "conform/bench.hpp"
#include "conform/exports.hpp"
#include "conform/workload.hpp"
#include "worker/elf_note.hpp"

namespace bitgate::conform {
namespace {

using nlohmann::json;

json query(Bench& bench, worker::Worker& worker) {
  const worker::PluginFile& plugin = bench.setting().plugin;
  return worker.call({{"do", "query"}, {"path", plugin.path.string()}, {"sha256", plugin.sha256}});
}

std::string kind_word(const json& kind) {
  return kind == 1 ? "backend" : kind == 2 ? "reporter" : "kind " + kind.dump();
}

void note(Bench& bench) {
  const auto worker = bench.worker();
  const json facts = query(bench, *worker);
  const std::vector<worker::Identity> notes = worker::read_identities(bench.setting().plugin.path);
  for (const worker::Identity& identity : notes) {
    const auto found = std::find_if(facts["plugins"].begin(), facts["plugins"].end(),
                                    [&](const json& one) { return one.at("id") == identity.id; });
    if (found == facts["plugins"].end()) {
      bench.fail(fmt::format("the note of '{}' has no table in the query", identity.id));
      continue;
    }
    const json& table = *found;
    if (!table.contains("kind")) continue;  // too short a table: load.tables says so
    const auto compare = [&](const char* what, const json& noted, const json& queried) {
      if (noted == queried) return;
      bench.fail(fmt::format("'{}': the note says {} {}, the table {}", identity.id, what,
                             noted.dump(), queried.dump()));
    };
    compare("kind", identity.kind, kind_word(table["kind"]));
    compare("version", identity.version, table["version"]);
    compare("ABI minor", identity.abi_minor, table["abi_minor"]);
    compare("minimal host minor", identity.min_host_minor, table["min_host_minor"]);
  }
  for (const json& table : facts["plugins"]) {
    const bool noted = std::any_of(
        notes.begin(), notes.end(),
        [&](const worker::Identity& identity) { return table.at("id") == identity.id; });
    if (!noted) bench.fail(fmt::format("plugin {} of the query has no note", table["id"].dump()));
  }
}

void tables(Bench& bench) {
  const json facts = query(bench, *bench.worker());
  for (const json& table : facts["plugins"]) {
    if (!table.contains("kind")) {
      bench.fail(fmt::format("plugin {}: a table of {} bytes, ABI 1.0 has more", table["id"].dump(),
                             table["struct_size"].dump()));
      continue;
    }
    const auto lacks = [&](const char* what) {
      return table[what].get_ref<const std::string&>().empty();
    };
    if (lacks("build")) bench.warn("the table does not say how the plugin was built");
    if (lacks("version")) bench.fail("the table has no version");
  }
}

void query_ends(Bench& bench) {
  const json facts = query(bench, *bench.worker());
  if (!facts["ends"].get<bool>())
    bench.fail("the query goes on beyond 64 plugins, or starts again");
  if (!facts["same"].get<bool>()) bench.fail("a second round of queries gave other tables");
}

void query_fast(Bench& bench) {
  const double ms = query(bench, *bench.worker())["ns"].get<double>() / 1e6;
  if (ms > 100) bench.warn(fmt::format("the query took {:.0f} ms, 100 ms are allowed", ms));
}

void query_pure(Bench& bench) {
  const auto worker = bench.worker();
  const json before = worker->call({{"do", "inspect"}});
  query(bench, *worker);
  const json after = worker->call({{"do", "inspect"}});
  for (const char* fact : {"threads", "descriptors", "children", "environment", "locale", "signals",
                           "directory", "umask", "limits", "stdout", "floating_point"}) {
    if (before[fact] == after[fact]) continue;
    bench.fail(fmt::format("loading and querying changed {}: {} before, {} after", fact,
                           before[fact].dump(), after[fact].dump()));
  }
}

void symbols(Bench& bench) {
  std::vector<std::string> names = exported_symbols(bench.setting().plugin.path);
  std::erase(names, "bg_plugin_query_v1");
  if (names.empty()) return;
  const std::size_t count = names.size();
  names.resize(std::min<std::size_t>(count, 3));
  bench.fail(
      fmt::format("exports {} symbol{} beside bg_plugin_query_v1, such as {}: link with a "
                  "version script or -fvisibility=hidden",
                  count, count == 1 ? "" : "s", fmt::join(names, ", ")));
}

void open(Bench& bench) {
  const auto worker = bench.opened();
  worker->call({{"do", "close"}});
}

void unknown_interface(Bench& bench) {
  const auto worker = bench.opened();
  for (const std::string& id : {std::string("bitgate.no-such-interface/1"), std::string(),
                                std::string("bitgate.backend/999"), std::string(10'000, 'x')}) {
    if (!worker->call({{"do", "interface"}, {"id", id}})["present"].get<bool>()) continue;
    bench.fail(fmt::format("get_interface gives a table for '{}'", id.substr(0, 40)));
  }
}

void use_with_host(Bench& bench, const char* host) {
  require_survival(bench);
  auto worker = bench.opened(host);
  use_and_close(bench, worker);
}

void host_first(Bench& bench) { use_with_host(bench, "first"); }
void host_growing(Bench& bench) { use_with_host(bench, "growing"); }

void open_close(Bench& bench) {
  constexpr std::size_t kRounds = 100;
  constexpr std::size_t kSettled = 20;  // caches are full, arenas grown
  constexpr std::size_t kParts = 10;    // a tenth of the operations a round: opening is looked at
  constexpr std::int64_t kSlack = 2 << 20;
  require_survival(bench);
  auto worker = bench.opened();
  json before;
  const json request = worker::open_request(bench.setting().plugin, bench.setting().options);
  for (std::size_t round = 1; round <= kRounds; ++round) {
    use_and_close(bench, worker, {round % kParts, kParts});
    if (round == kSettled) before = worker->call({{"do", "inspect"}});
    if (round < kRounds) worker->call(request);
  }
  const json after = worker->call({{"do", "inspect"}});
  if (before["threads"] != after["threads"]) {
    bench.fail(fmt::format("{} threads after {} rounds, {} after {}", before["threads"].dump(),
                           kSettled, after["threads"].dump(), kRounds));
  }
  if (before["descriptors"].size() != after["descriptors"].size()) {
    bench.fail(fmt::format("{} open descriptors after {} rounds, {} after {}",
                           before["descriptors"].size(), kSettled, after["descriptors"].size(),
                           kRounds));
  }
  const std::int64_t grown = after["rss"].get<std::int64_t>() - before["rss"].get<std::int64_t>();
  if (grown > kSlack) {
    bench.fail(fmt::format("{:.1f} MiB more after {} rounds than after {}",
                           static_cast<double>(grown) / (1 << 20), kRounds, kSettled));
  }
}

constexpr std::array<Check, 11> kChecks = {{
    {"load.note", Subject::kPlugin, "the file's note and the query's table say the same", note},
    {"load.tables", Subject::kPlugin, "tables are of full size and name version and build", tables},
    {"load.query-ends", Subject::kPlugin, "the query ends and gives the same tables every time",
     query_ends},
    {"load.query-fast", Subject::kPlugin, "the query takes less than 100 ms", query_fast},
    {"load.query-pure", Subject::kPlugin,
     "loading and querying start no thread, open no file and change nothing in the process",
     query_pure},
    {"load.symbols", Subject::kPlugin, "the library exports its query and nothing else", symbols},
    {"load.open", Subject::kPlugin, "the plugin opens and closes", open},
    {"load.unknown-interface", Subject::kPlugin, "an interface that it lacks is NULL",
     unknown_interface},
    {"load.host-first", Subject::kPlugin,
     "it works in a host of ABI 1.0 and reads nothing behind that host's table", host_first},
    {"load.host-growing", Subject::kPlugin, "it works in a host whose tables have grown",
     host_growing},
    {"load.open-close", Subject::kPlugin,
     "a hundred rounds of open, use and close leave no memory, thread or descriptor behind",
     open_close},
}};

}  // namespace

std::span<const Check> load_checks() { return kChecks; }

}  // namespace bitgate::conform

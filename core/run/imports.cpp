#include "run/imports.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "run/backend_pool.hpp"
#include "run/benchmark_case.hpp"
#include "run/devices.hpp"
#include "run/judgement.hpp"
#include "run/merge.hpp"
#include "run/outline.hpp"
#include "run/shards.hpp"
#include "run/verify.hpp"
#include "run/worker_setup.hpp"

namespace bitgate {
namespace {

constexpr const char* kReader = "process";

/// A pipeline of which backend number i has the results of file number i.
Pipeline reading(std::span<const std::string> files) {
  Pipeline out;
  for (const std::string& file : files) {
    const std::string path = std::filesystem::absolute(file).string();
    out.backends.push_back(
        {file,
         kReader,
         "",
         "",
         {},
         {{"imported", true}, {"results", {{"format", "any"}, {"path", path}}}}});
  }
  return out;
}

/// What the file calls `name`, as a result of this case; a reason that is not nothing-measured is
/// the case's own.
CaseResult look_up(const Case& what, const std::string& name, BackendPool::Live& live) {
  CaseResult result = not_run(what, {});
  Case renamed = what;
  renamed.benchmark = name;
  const worker::DeviceInfo& device = live.devices.front();
  result.device = device.id;
  result.threads = threads_on(device, what);
  live.client.open_session(device.id, result.threads);
  run_benchmark(renamed, live.client, result);
  live.client.close_session();
  if (result.benchmark) result.benchmark->name = what.benchmark;
  return result;
}

bool has_none(const CaseResult& result) { return result.reason.code == reason::kNothingMeasured; }

}  // namespace

void import_results(std::span<const std::string> files, const worker::SearchOptions& plugins,
                    Receipt& receipt) {
  const Pipeline pipeline = pipeline_in(receipt.pipeline);
  const std::vector<Case> plan = cases_of(pipeline, receipt);
  std::map<std::string, int> bearers;  // of the name of a benchmark
  for (const Case& what : plan) ++bearers[what.benchmark];
  std::vector<std::size_t> open;  // cases that files may fill
  for (std::size_t i = 0; i < plan.size(); ++i) {
    if (plan[i].suite->op != ComputeOp::kBenchmark) continue;
    if (receipt.cases[i].reason.code == reason::kMissingCase) open.push_back(i);
  }
  const Pipeline reader = reading(files);
  const worker::Catalog catalog = worker::search(worker::search_directories(), plugins);
  BackendPool pool(reader, catalog, worker_setup(reader.limits, true));
  std::map<std::size_t, std::string> taken;  // case -> file
  for (const BackendSpec& file : reader.backends) {
    BackendPool::Live& live = pool.get(file);
    std::string why = "no case of op benchmark is missing in the other receipts";
    bool used = false;
    for (const std::size_t i : open) {
      const Case& what = plan[i];
      CaseResult found = look_up(what, what.id, live);
      if (has_none(found) && bearers[what.benchmark] == 1) {
        found = look_up(what, what.benchmark, live);
      }
      if (has_none(found)) {
        why = found.reason.detail;
        continue;
      }
      if (const auto [first, is_new] = taken.emplace(i, file.name); !is_new) {
        throw CantMerge(fmt::format("{} and {} can't be merged: both hold {}", first->second,
                                    file.name, what.id));
      }
      receipt.cases[i] = std::move(found);
      used = true;
    }
    pool.drop(file);
    if (!used) throw CantMerge(fmt::format("{} has nothing for this pipeline: {}", file.name, why));
  }
  receipt.plugins.insert(receipt.plugins.end(), pool.plugins().begin(), pool.plugins().end());
  judge_receipt(pipeline, receipt);
}

}  // namespace bitgate

#include "run/judgement.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "gate/judge.hpp"
#include "measure/ceilings.hpp"
#include "measure/environment.hpp"

namespace bitgate {
namespace {

bool is_debug(const std::string& build) {
  const auto type = build_type_of(build);
  return type && is_unoptimized(*type);
}

bool judges_debug(const Receipt& receipt) {
  const auto& facts = receipt.environment.facts;
  return std::any_of(facts.begin(), facts.end(),
                     [](const auto& fact) { return fact.first == kJudgeDebug; });
}

/// The plugins that this may be: by its id, or by the name of its file, which a link may change.
std::vector<const PluginInfo*> candidates(const std::string& plugin, const Receipt& receipt) {
  const bool is_path = plugin.find('/') != std::string::npos;
  const auto name = std::filesystem::path(plugin).filename();
  std::vector<const PluginInfo*> all;
  std::vector<const PluginInfo*> named;
  for (const PluginInfo& info : receipt.plugins) {
    if (info.kind != "backend") continue;
    all.push_back(&info);
    const bool same =
        is_path ? std::filesystem::path(info.path).filename() == name : info.id == plugin;
    if (same) named.push_back(&info);
  }
  return named.empty() ? all : named;
}

/// Why no time of a backend may be judged, unless BITGATE_JUDGE_DEBUG asks for it; empty if they
/// may.
std::string why_no_times(const std::string& backend, const Pipeline& pipeline,
                         const Receipt& receipt) {
  if (is_debug(receipt.tool.build)) {
    return "times of a Debug build of bitgate mean nothing; use the release preset, or set "
           "BITGATE_JUDGE_DEBUG=1";
  }
  for (const BackendSpec& spec : pipeline.backends) {
    if (spec.name != backend) continue;
    for (const PluginInfo* plugin : candidates(spec.plugin, receipt)) {
      if (!is_debug(plugin->build)) continue;
      return "plugin " + plugin->id +
             " was built without optimization, so its times mean nothing; "
             "build it with -O2, or set BITGATE_JUDGE_DEBUG=1";
    }
  }
  return "";
}

void drop_times(CaseResult& result, const std::string& why) {
  for (auto& [name, metric] : result.metrics) {
    if (metric.statistic != "median" || !metric.value) continue;
    metric.value.reset();
    metric.reason = why;
  }
}

/// The cases as gates may see them.
std::vector<CaseResult> without_debug_times(const Pipeline& pipeline, const Receipt& receipt) {
  std::map<std::string, std::string> why;  // by backend
  std::vector<CaseResult> out = receipt.cases;
  for (CaseResult& result : out) {
    const auto [known, is_new] = why.try_emplace(result.backend);
    if (is_new) known->second = why_no_times(result.backend, pipeline, receipt);
    if (!known->second.empty()) drop_times(result, known->second);
  }
  return out;
}

/// Routes to self say which attempt the run was, so that a flow knows when it goes on.
Routes with_attempt(Routes routes, const Attempts& attempts) {
  if (attempts.most < 2) return routes;
  for (std::string* route : {&routes.retry, &routes.tooling}) {
    if (route->ends_with("→ self")) {
      *route += fmt::format(" (attempt {}/{})", attempts.made, attempts.most);
    }
  }
  return routes;
}

bool has_debug_builds(const Receipt& receipt) {
  return is_debug(receipt.tool.build) ||
         std::any_of(receipt.plugins.begin(), receipt.plugins.end(),
                     [](const PluginInfo& plugin) { return is_debug(plugin.build); });
}

}  // namespace

void judge_receipt(const Pipeline& pipeline, Receipt& receipt) {
  receipt.ceilings.clear();
  for (const CaseResult& result : receipt.cases) {
    // The best of several kinds of machines is none's.
    if (!result.ceilings || !receipt.machines.empty()) continue;
    Ceilings& best = receipt.ceilings[result.threads];
    best = best_of(best, *result.ceilings);
  }
  receipt.attempts.most = pipeline.attempts;
  const bool drops = has_debug_builds(receipt) && !judges_debug(receipt);
  const std::vector<CaseResult> judged =
      drops ? without_debug_times(pipeline, receipt) : std::vector<CaseResult>();
  const std::vector<CaseResult>& cases = drops ? judged : receipt.cases;
  receipt.gates = judge(pipeline.gates, cases, receipt.comparisons, receipt.attempts);
  receipt.verdict = conclude(receipt.gates, cases, receipt.comparisons, receipt.interrupted,
                             with_attempt(pipeline.routes, receipt.attempts));
}

}  // namespace bitgate

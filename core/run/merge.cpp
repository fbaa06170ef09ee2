#include "run/merge.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/sha256.hpp"
#include "pipeline/expand.hpp"
#include "pipeline/reader.hpp"
#include "run/attempts.hpp"
#include "run/comparison.hpp"
#include "run/judgement.hpp"
#include "run/outline.hpp"
#include "run/verify.hpp"

namespace bitgate {
namespace {

std::string fact(const Receipt& receipt, const std::string& name) {
  for (const auto& [key, value] : receipt.environment.facts) {
    if (key == name) return value;
  }
  return "unknown";
}

/// Throws CantMerge if these two say something else of it.
void require_same(const Shard& a, const Shard& b, const std::string& what, const std::string& of_a,
                  const std::string& of_b) {
  if (of_a == of_b) return;
  throw CantMerge(fmt::format("{} and {} can't be merged: {} is {} in one and {} in the other",
                              a.name, b.name, what, of_a, of_b));
}

std::string changes_of(const PipelineInfo& pipeline) {
  std::string out;
  for (const auto& [axis, values] : pipeline.axes) {
    out += fmt::format("{}-a {}={}", out.empty() ? "" : " ", axis, fmt::join(values, ","));
  }
  if (pipeline.seed) out += fmt::format("{}--seed {}", out.empty() ? "" : " ", *pipeline.seed);
  return out.empty() ? "nothing" : out;
}

/// What a scope asks for, and what is judged: else they are parts of no one run.
void require_same_context(const Shard& a, const Shard& b) {
  const Context one = a.receipt.context.value_or(Context());
  const Context other = b.receipt.context.value_or(Context());
  const auto said = [](const Fact& fact) {
    return fact.known() ? fmt::format("{}", fmt::join(*fact.values, ",")) : "not known";
  };
  for (const char* name : {"repository", "commit", "branch", "pull_request", "labels", "changed"}) {
    require_same(a, b, std::string("the context's ") + name, said(one[name]), said(other[name]));
  }
}

void require_mergeable(const Shard& a, const Shard& b) {
  const Receipt& one = a.receipt;
  const Receipt& other = b.receipt;
  require_same(a, b, "the pipeline's SHA-256", one.pipeline.sha256, other.pipeline.sha256);
  require_same(a, b, "what the command line changed in the pipeline", changes_of(one.pipeline),
               changes_of(other.pipeline));
  require_same(a, b, "the targets' SHA-256", sha256(one.pipeline.targets_text.value_or("")),
               sha256(other.pipeline.targets_text.value_or("")));
  require_same_context(a, b);
  require_same(a, b, "bitgate", one.tool.git, other.tool.git);
  require_same(a, b, "the processor", fact(one, "cpu.model"), fact(other, "cpu.model"));
  for (const PluginInfo& plugin : one.plugins) {
    for (const PluginInfo& same : other.plugins) {
      if (plugin.id != same.id || plugin.kind != same.kind || plugin.kind != "backend") continue;
      if (plugin.path != same.path) continue;
      require_same(a, b, "plugin " + plugin.path, plugin.sha256, same.sha256);
    }
  }
}

/// Whether it came to anything: a case that was only planned may be in another shard.
template <class Result>
bool was_run(const Result& result) {
  return result.status != CaseStatus::kSkipped ||
         (result.reason.code != reason::kMissingCase && result.reason.code != reason::kInterrupted);
}

/// The one result among all shards, by the key that `key_of` gives.
template <class Result>
class Found {
 public:
  void add(const Shard& shard, const std::string& key, const Result& result) {
    if (!was_run(result)) return;
    const auto [known, is_new] = found_.emplace(key, std::pair(&shard, &result));
    if (is_new) return;
    throw CantMerge(fmt::format("{} and {} can't be merged: both hold {}",
                                known->second.first->name, shard.name, key));
  }
  [[nodiscard]] Result take(const std::string& key, Result otherwise) const {
    const auto known = found_.find(key);
    return known == found_.end() ? std::move(otherwise) : *known->second.second;
  }

 private:
  std::map<std::string, std::pair<const Shard*, const Result*>> found_;
};

std::string key_of(const Comparison& one) { return one.candidate + " against " + one.baseline; }

/// What all say together of the machine, the plugins and the time.
Receipt frame_of(std::span<const Shard> shards) {
  Receipt out = shards.front().receipt;
  out.cases.clear();
  out.comparisons.clear();
  out.pipeline.filter.clear();
  for (const Shard& shard : shards.subspan(1)) {
    const Receipt& more = shard.receipt;
    out.started = std::min(out.started, more.started);  // RFC 3339 in UTC sorts by time
    out.finished = std::max(out.finished, more.finished);
    for (const std::string& warning : more.environment.warnings) {
      auto& known = out.environment.warnings;
      if (std::find(known.begin(), known.end(), warning) == known.end()) known.push_back(warning);
    }
    for (const PluginInfo& plugin : more.plugins) {
      if (std::none_of(out.plugins.begin(), out.plugins.end(), [&](const PluginInfo& known) {
            return known.path == plugin.path && known.sha256 == plugin.sha256;
          })) {
        out.plugins.push_back(plugin);
      }
    }
  }
  // What a shard did not get to is missing, unless another has it.
  out.interrupted = false;
  return out;
}

}  // namespace

Receipt merge(std::span<const Shard> shards) {
  Found<CaseResult> cases;
  Found<Comparison> comparisons;
  for (const Shard& shard : shards) {
    require_mergeable(shards.front(), shard);
    for (const CaseResult& result : shard.receipt.cases) cases.add(shard, result.id, result);
    for (const Comparison& one : shard.receipt.comparisons) {
      comparisons.add(shard, key_of(one), one);
    }
  }
  Receipt out = frame_of(shards);
  const Pipeline pipeline = pipeline_in(out.pipeline);
  const std::vector<Case> plan = expand(pipeline);
  for (const Case& what : plan) {
    out.cases.push_back(
        cases.take(what.id, not_run(what, {reason::kMissingCase, "no receipt has it"})));
  }
  for (const Pair& pair : pairs_of(pipeline, plan)) {
    Comparison none = planned(plan[pair.candidate], plan[pair.baseline]);
    none.reason.detail = "no receipt has it";
    const std::string key = key_of(none);
    out.comparisons.push_back(comparisons.take(key, std::move(none)));
  }
  out.attempts.made = attempts_made(out);
  judge_receipt(pipeline, out);
  return out;
}

}  // namespace bitgate

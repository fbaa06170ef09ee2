#include "run/merge.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/sha256.hpp"
#include "pipeline/reader.hpp"
#include "run/attempts.hpp"
#include "run/comparison.hpp"
#include "run/judgement.hpp"
#include "run/outline.hpp"
#include "run/shards.hpp"
#include "run/verify.hpp"

namespace bitgate {
namespace {

std::string fact(const Receipt& receipt, const std::string& name) {
  for (const auto& [key, value] : receipt.environment.facts) {
    if (key == name) return value;
  }
  return "unknown";
}

/// The kind of machine that a receipt is of, as the value of an axis: "intel-xeon-8370c-4-cores".
std::string machine_of(const Receipt& receipt) {
  std::string out;
  for (const char c : fact(receipt, "cpu.model") + " " + fact(receipt, "cpu.cores") + " cores") {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';
    const bool capital = c >= 'A' && c <= 'Z';
    if (kept || capital) {
      out += capital ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  return out;
}

/// Throws CantMerge if these two say something else of it.
void require_same(const Shard& a, const Shard& b, const std::string& what, const std::string& of_a,
                  const std::string& of_b) {
  if (of_a == of_b) return;
  throw CantMerge(fmt::format("{} and {} can't be merged: {} is {} in one and {} in the other",
                              a.name, b.name, what, of_a, of_b));
}

std::string changes_of(const PipelineInfo& pipeline) {
  std::vector<std::string> out;
  for (const auto& [axis, values] : pipeline.axes) {
    out.push_back(fmt::format("-a {}={}", axis, fmt::join(values, ",")));
  }
  if (pipeline.seed) out.push_back(fmt::format("--seed {}", *pipeline.seed));
  if (pipeline.tokens) out.push_back(fmt::format("--tokens {}", *pipeline.tokens));
  for (const auto& [path, value] : pipeline.set) {
    out.push_back(fmt::format("--set {}={}", path, value));
  }
  return out.empty() ? "nothing" : fmt::format("{}", fmt::join(out, " "));
}

/// Digests of the backends, by the id that pipelines use, and by path.
std::map<std::string, std::set<std::string>> plugins_of(const Receipt& receipt) {
  std::map<std::string, std::set<std::string>> out;
  for (const PluginInfo& plugin : receipt.plugins) {
    if (plugin.kind != "backend") continue;
    out[plugin.id].insert(plugin.sha256);
    out[plugin.path].insert(plugin.sha256);
  }
  return out;
}

/// What is known of the models, by the suite that loads them.
std::map<std::string, std::string> models_of(const Receipt& receipt) {
  std::map<std::string, std::string> out;
  for (const CaseResult& result : receipt.cases) {
    if (!result.generation) continue;
    const GenerationInfo& info = *result.generation;
    out[result.suite] = fmt::format("{} ({} parameters, {} bytes, stored as {})",
                                    std::filesystem::path(info.model).filename().string(),
                                    info.parameters, info.stored_bytes, info.stored_as);
  }
  return out;
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
  const auto plugins = plugins_of(one);
  for (const auto& [plugin, files] : plugins_of(other)) {
    const auto same = plugins.find(plugin);
    // Where a pipeline names several files of one plugin, each is known by its place alone.
    if (same == plugins.end() || same->second.size() != 1 || files.size() != 1) continue;
    require_same(a, b, "plugin " + plugin, *same->second.begin(), *files.begin());
  }
  const auto models = models_of(one);
  for (const auto& [suite, model] : models_of(other)) {
    const auto same = models.find(suite);
    if (same != models.end()) require_same(a, b, "the model of " + suite, same->second, model);
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
  void add(const Shard& shard, const std::string& key, Result result) {
    if (!was_run(result)) return;
    const auto [known, is_new] = found_.try_emplace(key, &shard, std::move(result));
    if (is_new) return;
    throw CantMerge(fmt::format("{} and {} can't be merged: both hold {}",
                                known->second.first->name, shard.name, key));
  }
  [[nodiscard]] Result take(const std::string& key, Result otherwise) const {
    const auto known = found_.find(key);
    return known == found_.end() ? std::move(otherwise) : known->second.second;
  }

 private:
  std::map<std::string, std::pair<const Shard*, Result>> found_;
};

std::string key_of(const Comparison& one) { return one.candidate + " against " + one.baseline; }

void add_warnings(const Environment& from, const std::string& prefix, Environment& to) {
  for (const std::string& warning : from.warnings) {
    if (std::find(to.warnings.begin(), to.warnings.end(), prefix + warning) == to.warnings.end()) {
      to.warnings.push_back(prefix + warning);
    }
  }
}

/// What all say together of the plugins and the time.
Receipt frame_of(std::span<const Shard> shards) {
  Receipt out = shards.front().receipt;
  out.cases.clear();
  out.comparisons.clear();
  out.pipeline.filter.clear();
  out.pipeline.shard.clear();
  for (const Shard& shard : shards.subspan(1)) {
    const Receipt& more = shard.receipt;
    out.started = std::min(out.started, more.started);  // RFC 3339 in UTC sorts by time
    out.finished = std::max(out.finished, more.finished);
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

/// The kinds of machines, by name.
std::map<std::string, Environment> machines_of(std::span<const Shard> shards) {
  std::map<std::string, Environment> out;
  for (const Shard& shard : shards) {
    const auto [known, is_new] = out.emplace(machine_of(shard.receipt), shard.receipt.environment);
    if (!is_new) add_warnings(shard.receipt.environment, "", known->second);
  }
  return out;
}

/// The facts that are the same on all, and the warnings of each.
Environment common(const std::map<std::string, Environment>& machines) {
  Environment out = machines.begin()->second;
  out.warnings.clear();
  for (const auto& [name, environment] : machines) {
    std::erase_if(out.facts, [&, &facts = environment.facts](const auto& fact) {
      return std::find(facts.begin(), facts.end(), fact) == facts.end();
    });
    add_warnings(environment, name + ": ", out);
  }
  return out;
}

}  // namespace

Receipt merge(std::span<const Shard> shards) {
  const std::map<std::string, Environment> machines = machines_of(shards);
  const bool several = machines.size() > 1;
  Found<CaseResult> cases;
  Found<Comparison> comparisons;
  for (const Shard& shard : shards) {
    require_mergeable(shards.front(), shard);
    const std::string machine = machine_of(shard.receipt);
    for (CaseResult result : shard.receipt.cases) {
      if (several) result.id = id_on_machine(result.id, machine);
      if (several) result.axes.emplace_back("machine", machine);
      const std::string id = result.id;
      cases.add(shard, id, std::move(result));
    }
    for (Comparison one : shard.receipt.comparisons) {
      if (several) one.candidate = id_on_machine(one.candidate, machine);
      if (several) one.baseline = id_on_machine(one.baseline, machine);
      const std::string key = key_of(one);
      comparisons.add(shard, key, std::move(one));
    }
  }
  Receipt out = frame_of(shards);
  out.environment = several ? common(machines) : machines.begin()->second;
  if (several) {
    for (const auto& [name, environment] : machines) out.machines.push_back({name, environment});
  }
  const Pipeline pipeline = pipeline_in(out.pipeline);
  const std::vector<Case> plan = cases_of(pipeline, out);
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

#include "run/verify.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/sha256.hpp"
#include "measure/rounds.hpp"
#include "measure/sampling.hpp"
#include "pipeline/diagnostics.hpp"
#include "pipeline/expand.hpp"
#include "pipeline/reader.hpp"
#include "pipeline/repository_file.hpp"
#include "pipeline/scope.hpp"
#include "pipeline/targets.hpp"
#include "receipt/json.hpp"
#include "receipt/read.hpp"
#include "run/attempts.hpp"
#include "run/comparison.hpp"
#include "run/derived.hpp"
#include "run/judgement.hpp"

namespace bitgate {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostShown = 60;  // characters of a value
constexpr std::size_t kMostDifferences = 20;

std::string shown(const Json& value) {
  const std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  return text.size() <= kMostShown ? text : text.substr(0, kMostShown) + "…";
}

/// Holds two documents against each other, value by value.
class Differences {
 public:
  explicit Differences(std::vector<std::string>& out) : out_(out) {}

  void compare(const Json& recorded, const Json& derived, const std::string& place) {
    if (recorded == derived && same_kind(recorded, derived)) return;
    if (recorded.is_object() && derived.is_object()) return objects(recorded, derived, place);
    if (recorded.is_array() && derived.is_array() && recorded.size() == derived.size()) {
      for (std::size_t i = 0; i < recorded.size(); ++i) {
        compare(recorded[i], derived[i], fmt::format("{}[{}]", place, i));
      }
      return;
    }
    say(fmt::format("{}: the receipt says {}, its samples {}", place, shown(recorded),
                    shown(derived)));
  }

 private:
  /// 1 and 1.0 are equal to the library, and are not written alike.
  static bool same_kind(const Json& a, const Json& b) { return a.dump() == b.dump(); }

  void objects(const Json& recorded, const Json& derived, const std::string& place) {
    const std::size_t before = out_.size();
    for (const auto& [key, value] : recorded.items()) {
      const std::string path = place.empty() ? key : place + "." + key;
      const auto other = derived.find(key);
      if (other == derived.end()) {
        say(path + ": no receipt of this bitgate has it");
      } else {
        compare(value, *other, path);
      }
    }
    for (const auto& [key, value] : derived.items()) {
      if (!recorded.contains(key)) say(place + ": lacks " + key);
    }
    if (out_.size() == before) say((place.empty() ? "the receipt" : place) + ": keys out of order");
  }

  void say(std::string difference) {
    if (out_.size() < kMostDifferences) out_.push_back(std::move(difference));
  }

  std::vector<std::string>& out_;
};

/// The receipt as it had been if its cases were measured like this.
class Derivation {
 public:
  Derivation(const Receipt& recorded, const Pipeline& pipeline)
      : pipeline_(pipeline), cases_(filtered(expand(pipeline), recorded.pipeline.filter)) {
    receipt_ = recorded;
  }

  /// What the plan has against the cases; empty if they are its own.
  [[nodiscard]] std::string why_other_cases() const {
    for (std::size_t i = 0; i < std::max(cases_.size(), receipt_.cases.size()); ++i) {
      if (i >= receipt_.cases.size()) return fmt::format("lacks {}", cases_[i].id);
      const std::string& id = receipt_.cases[i].id;
      if (i >= cases_.size()) return fmt::format("has {} besides", id);
      if (cases_[i].id != id) return fmt::format("has {} in place of {}", id, cases_[i].id);
    }
    return "";
  }

  /// The first case that the features and the scope of the pipeline leave out and the receipt does
  /// not, or the other way round; empty if there is none.
  [[nodiscard]] std::string why_other_scope() const {
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      const Reason why = why_off(pipeline_, *cases_[i].suite, *cases_[i].backend);
      const Reason& said = receipt_.cases[i].reason;
      const bool says = reason::is_declared(said.code) || said.code == reason::kMissingContext;
      const bool ran = receipt_.cases[i].status != CaseStatus::kSkipped;
      if (why.empty() ? says : ran || (says && said.code != why.code)) {
        return fmt::format("{}: the receipt says {}, its features and context {}", cases_[i].id,
                           says ? said.code : "that it ran",
                           why.empty() ? "that it is on" : why.code);
      }
    }
    return "";
  }

  /// Whether the comparisons are those that the gates ask for.
  [[nodiscard]] bool has_right_comparisons() const {
    std::vector<std::string> planned_ids;
    std::vector<std::string> ids;
    for (const Pair& pair : pairs_of(pipeline_, cases_)) {
      planned_ids.push_back(cases_[pair.candidate].id + " " + cases_[pair.baseline].id);
    }
    for (const Comparison& one : receipt_.comparisons) {
      ids.push_back(one.candidate + " " + one.baseline);
    }
    return ids == planned_ids;
  }

  Receipt derive() {
    for (std::size_t i = 0; i < receipt_.cases.size(); ++i) derive(receipt_.cases[i], cases_[i]);
    for (Comparison& comparison : receipt_.comparisons) {
      comparison.summary.reset();
      if (!comparison.rounds.empty()) {
        comparison.summary = summarize_rounds(comparison.rounds, comparison.seed);
      }
    }
    receipt_.attempts.made = attempts_made(receipt_);
    receipt_.pipeline.name = pipeline_.name;
    receipt_.pipeline.gate = pipeline_.gate;
    Verdict recorded = receipt_.verdict;
    judge_receipt(pipeline_, receipt_);
    // Why there were no cases is said by whoever chose them.
    if (receipt_.cases.empty()) receipt_.verdict.reason.detail = recorded.reason.detail;
    return std::move(receipt_);
  }

  [[nodiscard]] std::string why_no_such_attempts(const Receipt& derived) const {
    return bitgate::why_no_such_attempts(pipeline_, cases_, derived);
  }

 private:
  static void derive(CaseResult& result, const Case& what) {
    result.suite = what.suite->name;
    result.backend = what.backend->name;
    result.axes = what.axes();
    if (!result.detected.empty()) result.requested = what.backend->device;
    const bool outside = what.suite->op == ComputeOp::kBenchmark;
    if (!outside) result.benchmark.reset();
    if (!result.metrics.empty()) {
      if (outside && (!result.benchmark || result.stages["compute"].samples_ns.empty()))
        throw BadReceipt("is no whole receipt: " + what.id + " holds no results");
      if (what.suite->generate && !result.generation)
        throw BadReceipt("is no whole receipt: " + what.id + " generated nothing");
    }
    bitgate::derive(result, what);
  }

  const Pipeline& pipeline_;
  std::vector<Case> cases_;
  Receipt receipt_;
};

/// Whether a file has this digest; what is not there can't be held against it.
void verify_file(const std::string& what, const std::string& path, const std::string& sha256,
                 Verification& out) {
  try {
    const std::string now = sha256_file(path);
    if (now == sha256) return;
    out.differences.push_back(fmt::format(
        "{} {}: the receipt is of one with SHA-256 {}, this has {}", what, path, sha256, now));
  } catch (const std::system_error& error) {
    out.notes.push_back(
        fmt::format("{} {} was not looked at: {}", what, path, error.code().message()));
  }
}

}  // namespace

Pipeline pipeline_in(const PipelineInfo& info) {
  try {
    Pipeline pipeline =
        parse_pipeline(info.text, info.path, {info.axes, info.seed, info.tokens, info.set});
    pipeline.path = info.path;
    if (!info.repository_path.empty()) {
      apply_repository_file(info.repository_text, info.repository_path, pipeline);
    }
    pipeline.targets = info.targets_path;
    if (wants_targets(pipeline)) apply_targets(info.targets_text, pipeline);
    return pipeline;
  } catch (const ConfigError& error) {
    throw BadReceipt(
        fmt::format("holds a pipeline that this bitgate can't read:\n{}", error.what()));
  }
}

Verification verify(const Json& document) {
  Verification out;
  const Receipt recorded = receipt_of(document);
  const std::string digest = digest_of(document);
  const auto own = document.find("digest");
  if (own == document.end() || *own != digest) {
    out.differences.push_back(fmt::format("digest: the receipt says {}, its content has {}",
                                          own == document.end() ? "nothing" : shown(*own), digest));
  }
  Pipeline pipeline = pipeline_in(recorded.pipeline);
  Context context = recorded.context.value_or(Context());
  apply_scope(context, pipeline);
  if (pipeline.sha256 != recorded.pipeline.sha256) {
    out.differences.push_back(fmt::format("pipeline.sha256: the receipt says {}, its text has {}",
                                          recorded.pipeline.sha256, pipeline.sha256));
  }
  Derivation derivation(recorded, pipeline);
  if (const std::string why = derivation.why_other_cases(); !why.empty()) {
    out.differences.push_back("cases: not those of the pipeline: the receipt " + why);
    return out;
  }
  if (std::string why = derivation.why_other_scope(); !why.empty()) {
    out.differences.push_back("cases: " + std::move(why));
    return out;
  }
  if (!derivation.has_right_comparisons()) {
    out.differences.emplace_back("comparisons: not those that the gates of the pipeline ask for");
    return out;
  }
  Receipt derived = derivation.derive();
  if (recorded.context) derived.context = std::move(context);
  if (const std::string why = derivation.why_no_such_attempts(derived); !why.empty()) {
    out.differences.push_back("attempts: " + why);
  }
  Json expected = to_json(derived);
  expected["digest"] = own == document.end() ? Json(nullptr) : *own;  // was looked at above
  Differences(out.differences).compare(document, expected, "");
  out.verdict = derived.verdict;
  return out;
}

void require_whole(const Json& document) {
  std::vector<std::string> differences;
  Json again = to_json(receipt_of(document));
  const auto digest = document.find("digest");  // whether it is the right one is another question
  if (digest != document.end() && digest->is_string()) again["digest"] = *digest;
  Differences(differences).compare(document, again, "");
  if (!differences.empty()) {
    throw BadReceipt(fmt::format("is no whole receipt of this bitgate: {}", differences.front()));
  }
}

void verify_files(const Receipt& receipt, Verification& verification) {
  // What `bitgate compare` runs lies nowhere but in the receipt.
  if (!receipt.pipeline.path.empty())
    verify_file("pipeline", receipt.pipeline.path, receipt.pipeline.sha256, verification);
  if (receipt.pipeline.targets_text) {
    verify_file("targets", receipt.pipeline.targets_path, sha256(*receipt.pipeline.targets_text),
                verification);
  }
  for (const PluginInfo& plugin : receipt.plugins) {
    verify_file("plugin", plugin.path, plugin.sha256, verification);
  }
}

}  // namespace bitgate

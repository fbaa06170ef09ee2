// From a receipt's JSON back to the model: to_json of the result is the document again.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "receipt/json.hpp"
#include "receipt/read.hpp"

namespace bitgate {
namespace {

using Json = nlohmann::ordered_json;

/// A value of the document, with its place for messages.
class Part {
 public:
  Part(const Json& json, std::string place) : json_(json), place_(std::move(place)) {}

  [[nodiscard]] Part operator[](const std::string& key) const {
    const auto found = json_.is_object() ? json_.find(key) : json_.end();
    if (!json_.is_object() || found == json_.end()) fail("has no \"" + key + "\"");
    return {*found, place_.empty() ? key : place_ + "." + key};
  }
  [[nodiscard]] bool has(const std::string& key) const { return json_.contains(key); }
  [[nodiscard]] bool is_null() const { return json_.is_null(); }

  [[nodiscard]] std::string text() const {
    if (!json_.is_string()) fail("is no text");
    return json_.get<std::string>();
  }
  [[nodiscard]] std::string text_or_empty() const { return is_null() ? "" : text(); }
  [[nodiscard]] bool boolean() const {
    if (!json_.is_boolean()) fail("is neither true nor false");
    return json_.get<bool>();
  }
  [[nodiscard]] std::optional<double> number() const {
    if (is_null()) return std::nullopt;
    if (!json_.is_number()) fail("is no number");
    return json_.get<double>();
  }
  [[nodiscard]] std::uint64_t count() const {
    const bool whole =
        json_.is_number_unsigned() || (json_.is_number_integer() && json_.get<std::int64_t>() >= 0);
    if (!whole) fail("is no whole number from 0 on");
    return json_.get<std::uint64_t>();
  }
  template <class Word>
  [[nodiscard]] Word word(std::initializer_list<Word> words) const {
    const std::string given = text();
    for (const Word one : words) {
      if (bitgate::word(one) == given) return one;
    }
    fail("is '" + given + "', which means nothing here");
  }
  template <class Each>
  void items(const Each& each) const {
    if (!json_.is_array()) fail("is no list");
    for (std::size_t i = 0; i < json_.size(); ++i) {
      each(Part(json_[i], fmt::format("{}[{}]", place_, i)));
    }
  }
  template <class Each>
  void entries(const Each& each) const {
    if (!json_.is_object()) fail("is no object");
    for (const auto& [key, value] : json_.items()) each(key, Part(value, place_ + "." + key));
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw BadReceipt(
        fmt::format("is no whole receipt: {} {}", place_.empty() ? "it" : place_, what));
  }

 private:
  const Json& json_;
  std::string place_;
};

/// A number that is written as null if it is not finite.
double figure(const Part& part) {
  return part.number().value_or(std::numeric_limits<double>::quiet_NaN());
}

Reason reason_of(const Part& part) {
  const std::string text = part.text_or_empty();
  const std::size_t colon = text.find(": ");
  Reason out{text.substr(0, colon), colon == std::string::npos ? "" : text.substr(colon + 2)};
  if (!out.empty() &&
      std::find(reason::kAll.begin(), reason::kAll.end(), out.code) == reason::kAll.end()) {
    part.fail("does not begin with a reason's word");
  }
  return out;
}

std::optional<Span> span_of(const Part& part) {
  if (part.is_null()) return std::nullopt;
  std::vector<double> ends;
  part.items([&](const Part& end) { ends.push_back(figure(end)); });
  if (ends.size() != 2) part.fail("does not have two ends");
  return Span{ends[0], ends[1]};
}

std::vector<std::string> texts_of(const Part& part) {
  std::vector<std::string> out;
  part.items([&](const Part& text) { out.push_back(text.text()); });
  return out;
}

/// A list of counts that is written as null if it is empty.
std::vector<std::uint64_t> counts_of(const Part& part) {
  std::vector<std::uint64_t> out;
  if (part.is_null()) return out;
  part.items([&](const Part& count) { out.push_back(count.count()); });
  if (out.empty()) part.fail("is an empty list");
  return out;
}

Metric metric_of(const Part& part) {
  Metric metric;
  metric.value = part["value"].number();
  metric.unit = part["unit"].text();
  metric.direction = part["direction"].word({Direction::kHigher, Direction::kLower});
  metric.statistic = part["statistic"].text();
  if (!metric.value) metric.reason = part["reason"].text();
  return metric;
}

StageResult stage_of(const Part& part) {
  StageResult stage;
  part["samples_ns"].items([&](const Part& sample) { stage.samples_ns.push_back(sample.count()); });
  stage.repeat = part["repeat"].count();
  if (stage.repeat == 0) part["repeat"].fail("is 0");
  stage.warmup_samples = part["warmup"]["samples"].count();
  stage.stationary = part["warmup"]["stationary"].boolean();
  stage.stopped_by = part["stopped_by"].text_or_empty();
  if (!part["median_ns"].is_null()) {
    stage.summary = {figure(part["median_ns"]), figure(part["mad_ns"]), figure(part["p90_ns"]),
                     figure(part["p99_ns"])};
  }
  if (const Part device = part["device_clock"]; !device.is_null()) {
    stage.device_clock = {counts_of(device["queued_ns"]), counts_of(device["submitted_ns"]),
                          counts_of(device["execution_ns"])};
  }
  stage.reason = part["reason"].text_or_empty();
  return stage;
}

Ceilings ceilings_of(const Part& part) {
  return {figure(part["read_bandwidth"]["value"]), figure(part["int8_peak"]["value"]),
          figure(part["f32_peak"]["value"]), figure(part["bf16_peak"]["value"]),
          part["cache_bytes"].count()};
}

unsigned threads_of(const Part& part) {
  const std::uint64_t threads = part.count();
  if (threads > std::numeric_limits<unsigned>::max()) part.fail("is too large");
  return static_cast<unsigned>(threads);
}

GeneratedAnswer answer_of(const Part& part) {
  GeneratedAnswer out;
  out.prompt = part["prompt"].text_or_empty();
  out.text = part["text"].text();
  part["ids"].items([&](const Part& id) {
    if (id.count() > std::numeric_limits<std::int32_t>::max()) id.fail("is too large");
    out.ids.push_back(static_cast<std::int32_t>(id.count()));
  });
  if (part["wanted"].is_null() != part["right"].is_null())
    part.fail("is right, or not, about nothing");
  if (!part["wanted"].is_null()) {
    out.wanted = part["wanted"].text();
    out.right = part["right"].boolean();
  }
  return out;
}

GenerationInfo generation_of(const Part& part) {
  GenerationInfo out;
  out.model = part["model"].text();
  out.stored_as = part["stored_as"].text();
  out.parameters = part["parameters"].count();
  out.prompts = part["prompts"].count();
  out.timed_prompts = part["timed_prompts"].count();
  out.prompt_tokens = part["prompt_tokens"].count();
  out.timed_prompt_tokens = part["timed_prompt_tokens"].count();
  out.most_tokens = part["most_tokens"].count();
  out.generated = part["generated"].count();
  out.stored_bytes = part["stored_bytes"].count();
  out.bytes_per_token = part["bytes_per_token"].count();
  out.operations_per_token = part["operations_per_token"].count();
  part["answers"].items([&](const Part& one) { out.answers.push_back(answer_of(one)); });
  part["profile"].items([&](const Part& one) {
    out.profile.push_back({one["operation"].text(), one["count"].count(), figure(one["ns"])});
  });
  return out;
}

BenchmarkInfo benchmark_of(const Part& part) {
  BenchmarkInfo out;
  out.name = part["name"].text();
  out.tool = part["tool"].text();
  out.command = texts_of(part["command"]);
  out.directory = part["directory"].text();
  out.runs = part["runs"].count();
  out.source = part["source"].text();
  out.sha256 = part["sha256"].text();
  out.amount = figure(part["amount"]);
  out.unit = part["unit"].text_or_empty();
  return out;
}

Fallback fallback_of(const Part& part) {
  Fallback out;
  out.ran_on = part["ran_on"].text_or_empty();
  part["refused"].items([&](const Part& one) {
    out.refused.push_back({one["backend"].text(), reason_of(one["reason"])});
  });
  if (out.refused.empty()) part["refused"].fail("is an empty list");
  return out;
}

std::vector<Attempt> attempts_of(const Part& owner) {
  std::vector<Attempt> out;
  if (!owner.has("attempts")) return out;
  owner["attempts"].items([&](const Part& one) {
    Attempt& attempt = out.emplace_back();
    one["added"].entries(
        [&](const std::string& to, const Part& count) { attempt.added[to] = count.count(); });
    attempt.fault = one["fault"].text_or_empty();
  });
  if (out.empty()) owner["attempts"].fail("is an empty list");
  return out;
}

CaseResult case_of(const Part& part) {
  CaseResult out;
  out.id = part["id"].text();
  out.suite = part["suite"].text();
  out.backend = part["backend"].text();
  out.device = part["device"].text_or_empty();
  out.simulated = part["simulated"].boolean();
  part["axes"].entries([&](const std::string& axis, const Part& value) {
    out.axes.emplace_back(axis, value.text());
  });
  out.threads = threads_of(part["threads"]);
  out.status = part["status"].word(
      {CaseStatus::kMeasured, CaseStatus::kFail, CaseStatus::kSkipped, CaseStatus::kError});
  out.reason = reason_of(part["reason"]);
  part["stages"].entries(
      [&](const std::string& name, const Part& stage) { out.stages[name] = stage_of(stage); });
  part["kernels"].items([&](const Part& kernel) {
    out.kernels.push_back({kernel["name"].text(), kernel["calls"].count()});
  });
  part["metrics"].entries(
      [&](const std::string& name, const Part& metric) { out.metrics[name] = metric_of(metric); });
  if (!part["ceilings"].is_null()) out.ceilings = ceilings_of(part["ceilings"]);
  if (const Part disturbance = part["disturbance"]; !disturbance.is_null()) {
    out.disturbance = {figure(disturbance["waited"]), figure(disturbance["stolen"])};
  }
  out.digest = part["digest"].text_or_empty();
  if (part.has("generation")) out.generation = generation_of(part["generation"]);
  if (part.has("benchmark")) out.benchmark = benchmark_of(part["benchmark"]);
  out.stderr_tail = part["stderr_tail"].text_or_empty();
  if (part.has("devices")) {
    out.requested = part["devices"]["requested"].text_or_empty();
    out.detected = texts_of(part["devices"]["detected"]);
  }
  if (part.has("fallback")) out.fallback = fallback_of(part["fallback"]);
  out.attempts = attempts_of(part);
  return out;
}

RatioSummary ratio_of(const Part& part) {
  return {figure(part["median"]), span_of(part["interval"]).value_or(Span())};
}

std::vector<Round> rounds_of(const Part& part) {
  std::vector<Round> rounds;
  part["order"].items([&](const Part& order) {
    rounds.emplace_back();
    rounds.back().order = order.text();
  });
  const auto fill = [&](const char* key, const auto& set) {
    std::size_t next = 0;
    part[key].items([&](const Part& value) {
      if (next < rounds.size()) set(rounds[next], value);
      ++next;
    });
    if (next != rounds.size()) part[key].fail("has not one value for each round");
  };
  const auto time = [](const Part& ns) {
    if (ns.count() == 0) ns.fail("is 0");
    return ns.count();
  };
  fill("baseline_ns", [&](Round& round, const Part& ns) { round.baseline_ns = time(ns); });
  fill("candidate_ns", [&](Round& round, const Part& ns) { round.candidate_ns = time(ns); });
  fill("null_ns", [&](Round& round, const Part& ns) { round.null_ns = time(ns); });
  fill("stolen", [](Round& round, const Part& share) { round.stolen = figure(share); });
  return rounds;
}

CaseStatus case_status(const Part& part) {
  return part.word(
      {CaseStatus::kMeasured, CaseStatus::kFail, CaseStatus::kSkipped, CaseStatus::kError});
}

Comparison comparison_of(const Part& part) {
  Comparison out;
  out.candidate = part["candidate"].text();
  out.baseline = part["baseline"].text();
  out.status = case_status(part["status"]);
  out.reason = reason_of(part["reason"]);
  out.seed = part["seed"].count();
  out.repeat = part["repeat"].count();
  out.rounds = rounds_of(part["rounds"]);
  if (!part["ratio"].is_null()) {
    out.summary = {part["dropped"].count(), ratio_of(part["ratio"]), ratio_of(part["null"]),
                   span_of(part["bootstrap"]).value_or(Span())};
  }
  out.attempts = attempts_of(part);
  return out;
}

GateStatus gate_status(const Part& part) {
  return part.word({GateStatus::kPass, GateStatus::kFail, GateStatus::kSkipped});
}

GateResult gate_of(const Part& part) {
  GateResult out;
  out.id = part["id"].text();
  out.metric = part["metric"].text();
  out.require = part["require"].text();
  out.required = part["required"].boolean();
  out.blocking = part["blocking"].boolean();
  out.status = gate_status(part["status"]);
  out.reason = reason_of(part["reason"]);
  out.value = part["value"].number();
  out.interval = span_of(part["interval"]);
  out.limit = part["limit"].number();
  out.unit = part["unit"].text();
  part["cases"].items([&](const Part& one) {
    out.cases.push_back({one["id"].text(), gate_status(one["status"]), reason_of(one["reason"]),
                         one["value"].number(), one["against"].text_or_empty(),
                         span_of(one["interval"])});
  });
  return out;
}

Verdict verdict_of(const Part& part) {
  Verdict out;
  out.status =
      part["status"].word({VerdictStatus::kPass, VerdictStatus::kFail, VerdictStatus::kSkipped});
  out.reason = reason_of(part["reason"]);
  out.route = part["route"].text();
  const std::uint64_t code = part["exit_code"].count();
  if (code > static_cast<std::uint64_t>(ExitCode::kNothingMeasured)) {
    part["exit_code"].fail("is none of bitgate's");
  }
  out.exit_code = static_cast<ExitCode>(code);
  return out;
}

PipelineInfo pipeline_of(const Part& part) {
  PipelineInfo out;
  out.name = part["name"].text();
  out.gate = part["gate"].text();
  out.path = part["path"].text();
  out.sha256 = part["sha256"].text();
  out.text = part["text"].text();
  part["axes"].entries(
      [&](const std::string& axis, const Part& values) { out.axes[axis] = texts_of(values); });
  if (!part["seed"].is_null()) out.seed = part["seed"].count();
  if (!part["tokens"].is_null()) out.tokens = part["tokens"].count();
  part["set"].items([&](const Part& one) {
    const std::vector<std::string> pair = texts_of(one);
    if (pair.size() != 2) one.fail("is not a path and a value");
    out.set.emplace_back(pair[0], pair[1]);
  });
  out.filter = part["filter"].text_or_empty();
  if (const Part repository = part["repository_file"]; !repository.is_null()) {
    out.repository_path = repository["path"].text();
    out.repository_text = repository["text"].text();
  }
  if (part.has("targets_file")) {
    const Part targets = part["targets_file"];
    out.targets_path = targets["path"].text();
    if (!targets["text"].is_null()) out.targets_text = targets["text"].text();
  }
  return out;
}

PluginInfo plugin_of(const Part& part) {
  const std::string trusted_by = part["trusted_by"].text_or_empty();
  if (!trusted_by.empty() && trusted_by.front() != '/') part["trusted_by"].fail("is no whole path");
  return {part["id"].text(),     part["kind"].text(), part["version"].text(), part["path"].text(),
          part["sha256"].text(), part["abi"].text(),  part["build"].text(),   trusted_by};
}

}  // namespace

Receipt receipt_of(const Json& document) {
  const Part part(document, "");
  Receipt out;
  out.tool = {part["tool"]["version"].text(), part["tool"]["git"].text(),
              part["tool"]["build"].text()};
  out.started = part["started"].text();
  out.finished = part["finished"].text();
  out.argv = texts_of(part["argv"]);
  out.interrupted = part["interrupted"].boolean();
  part["environment"]["facts"].entries([&](const std::string& name, const Part& fact) {
    out.environment.facts.emplace_back(name, fact.text());
  });
  out.environment.warnings = texts_of(part["environment"]["warnings"]);
  out.pipeline = pipeline_of(part["pipeline"]);
  if (part.has("context")) out.context = context_of(document.at("context"));
  part["plugins"].items([&](const Part& plugin) { out.plugins.push_back(plugin_of(plugin)); });
  part["ceilings"].entries([&](const std::string& threads, const Part& measured) {
    const bool is_number = !threads.empty() && threads.size() < 10 &&
                           threads.find_first_not_of("0123456789") == std::string::npos;
    if (!is_number) measured.fail("is named for no number of threads");
    out.ceilings[static_cast<unsigned>(std::stoul(threads))] = ceilings_of(measured);
  });
  part["cases"].items([&](const Part& one) { out.cases.push_back(case_of(one)); });
  part["comparisons"].items(
      [&](const Part& one) { out.comparisons.push_back(comparison_of(one)); });
  part["gates"].items([&](const Part& gate) { out.gates.push_back(gate_of(gate)); });
  out.verdict = verdict_of(part["verdict"]);
  if (part.has("attempts")) {
    const Part attempts = part["attempts"];
    out.attempts = {attempts["made"].count(), attempts["most"].count()};
    if (out.attempts.made < 1 || out.attempts.made > out.attempts.most) {
      attempts.fail("are more than there may be, or none");
    }
  }
  return out;
}

}  // namespace bitgate

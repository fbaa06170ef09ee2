#include "receipt/json.hpp"

#include <cmath>
#include <string_view>

#include "base/sha256.hpp"
#include "base/text.hpp"

namespace bitgate {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(to_utf8(text));
}

Json to_json(const Reason& why) { return why.empty() ? Json(nullptr) : Json(to_utf8(why.text())); }

Json number(std::optional<double> value) {
  return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

Json to_json(const std::optional<Span>& span) {
  if (!span || !std::isfinite(span->low) || !std::isfinite(span->high)) return nullptr;
  return Json::array({span->low, span->high});
}

Json to_json(const std::optional<Disturbance>& disturbance) {
  if (!disturbance) return nullptr;
  return {{"waited", number(disturbance->waited)}, {"stolen", number(disturbance->stolen)}};
}

Json texts(const std::vector<std::string>& list) {
  Json out = Json::array();
  for (const std::string& text : list) out.push_back(to_utf8(text));
  return out;
}

Json to_json(const PipelineInfo& pipeline) {
  Json axes = Json::object();
  for (const auto& [axis, values] : pipeline.axes) {
    axes[to_utf8(axis)] = texts(values);
  }
  Json repository;
  if (!pipeline.repository_path.empty()) {
    repository = {{"path", to_utf8(pipeline.repository_path)},
                  {"text", to_utf8(pipeline.repository_text)}};
  }
  Json set = Json::array();
  for (const auto& [path, value] : pipeline.set) {
    set.push_back(Json::array({to_utf8(path), to_utf8(value)}));
  }
  Json out = {{"name", to_utf8(pipeline.name)},
              {"gate", to_utf8(pipeline.gate)},
              {"path", to_utf8(pipeline.path)},
              {"sha256", pipeline.sha256},
              {"text", to_utf8(pipeline.text)},
              {"axes", std::move(axes)},
              {"seed", pipeline.seed ? Json(*pipeline.seed) : Json(nullptr)},
              {"tokens", pipeline.tokens ? Json(*pipeline.tokens) : Json(nullptr)},
              {"set", std::move(set)},
              {"filter", text_or_null(pipeline.filter)},
              {"repository_file", std::move(repository)}};
  if (!pipeline.targets_path.empty()) {
    const auto& text = pipeline.targets_text;
    out["targets_file"] = {{"path", to_utf8(pipeline.targets_path)},
                           {"text", text ? Json(to_utf8(*text)) : Json(nullptr)}};
  }
  return out;
}

Json to_json(const Metric& metric) {
  Json out = {{"value", number(metric.value)},
              {"unit", metric.unit},
              {"direction", word(metric.direction)},
              {"statistic", metric.statistic}};
  const bool lost = metric.value && !std::isfinite(*metric.value);
  if (out["value"].is_null()) out["reason"] = lost ? "not a finite number" : to_utf8(metric.reason);
  return out;
}

Json to_json(const DeviceSamples& device) {
  const auto part = [](const std::vector<std::uint64_t>& times) {
    return times.empty() ? Json(nullptr) : Json(times);
  };
  return {{"queued_ns", part(device.queued_ns)},
          {"submitted_ns", part(device.submitted_ns)},
          {"execution_ns", part(device.execution_ns)}};
}

Json to_json(const StageResult& stage) {
  Json out = {{"samples_ns", stage.samples_ns},
              {"repeat", stage.repeat},
              {"warmup", {{"samples", stage.warmup_samples}, {"stationary", stage.stationary}}},
              {"stopped_by", text_or_null(stage.stopped_by)},
              {"median_ns", nullptr},
              {"mad_ns", nullptr},
              {"p90_ns", nullptr},
              {"p99_ns", nullptr},
              {"device_clock", stage.device_clock ? to_json(*stage.device_clock) : Json(nullptr)},
              {"reason", text_or_null(stage.reason)}};
  if (stage.summary) {
    out["median_ns"] = number(stage.summary->median_ns);
    out["mad_ns"] = number(stage.summary->mad_ns);
    out["p90_ns"] = number(stage.summary->p90_ns);
    out["p99_ns"] = number(stage.summary->p99_ns);
  }
  return out;
}

Json to_json(const Ceilings& ceilings) {
  const auto figure = [](double value, const char* unit) -> Json {
    return {{"value", number(value)}, {"unit", unit}};
  };
  return {{"read_bandwidth", figure(ceilings.read_bandwidth, "B/s")},
          {"int8_peak", figure(ceilings.int8_peak, "multiply-adds/s")},
          {"f32_peak", figure(ceilings.f32_peak, "multiply-adds/s")},
          {"bf16_peak", figure(ceilings.bf16_peak, "multiply-adds/s")},
          {"cache_bytes", ceilings.cache}};
}

Json to_json(const GeneratedAnswer& answer) {
  return {{"prompt", text_or_null(answer.prompt)},
          {"text", to_utf8(answer.text)},
          {"ids", answer.ids},
          {"wanted", answer.wanted ? Json(to_utf8(*answer.wanted)) : Json(nullptr)},
          {"right", answer.wanted ? Json(answer.right) : Json(nullptr)}};
}

Json to_json(const OperationTime& time) {
  return {{"operation", time.operation}, {"count", time.count}, {"ns", number(time.ns)}};
}

Json to_json(const PluginInfo& plugin) {
  return {{"id", plugin.id},
          {"kind", plugin.kind},
          {"version", to_utf8(plugin.version)},
          {"path", to_utf8(plugin.path)},
          {"sha256", plugin.sha256},
          {"abi", plugin.abi},
          {"trusted_by", text_or_null(plugin.trusted_by)},
          {"build", to_utf8(plugin.build)}};
}

Json to_json(const Fallback& fallback) {
  Json refused = Json::array();
  for (const Refusal& one : fallback.refused) {
    refused.push_back({{"backend", to_utf8(one.backend)}, {"reason", to_json(one.reason)}});
  }
  const FallbackCounts counts = fallback_counts(fallback);
  return {{"ran_on", text_or_null(fallback.ran_on)},
          {"at_open", counts.at_open},
          {"at_run", counts.at_run},
          {"refused", std::move(refused)}};
}

/// Of what was tried once, and went well, there is nothing to say.
void put_attempts(const std::vector<Attempt>& attempts, Json& out) {
  for (const Attempt& attempt : attempts) {
    out["attempts"].push_back({{"added", attempt.added}, {"fault", text_or_null(attempt.fault)}});
  }
}

Json to_json(const Environment& environment) {
  Json facts = Json::object();
  for (const auto& [name, value] : environment.facts) facts[name] = to_utf8(value);
  return {{"facts", std::move(facts)}, {"warnings", texts(environment.warnings)}};
}

template <class List>
Json array_of(const List& list) {
  Json out = Json::array();
  for (const auto& item : list) out.push_back(to_json(item));
  return out;
}

Json to_json(const GenerationInfo& info) {
  return {{"model", to_utf8(info.model)},
          {"stored_as", to_utf8(info.stored_as)},
          {"parameters", info.parameters},
          {"prompts", info.prompts},
          {"timed_prompts", info.timed_prompts},
          {"prompt_tokens", info.prompt_tokens},
          {"timed_prompt_tokens", info.timed_prompt_tokens},
          {"most_tokens", info.most_tokens},
          {"generated", info.generated},
          {"stored_bytes", info.stored_bytes},
          {"bytes_per_token", info.bytes_per_token},
          {"operations_per_token", info.operations_per_token},
          {"answers", array_of(info.answers)},
          {"profile", array_of(info.profile)}};
}

Json to_json(const BenchmarkInfo& info) {
  return {{"name", to_utf8(info.name)},
          {"tool", to_utf8(info.tool)},
          {"command", texts(info.command)},
          {"directory", to_utf8(info.directory)},
          {"runs", info.runs},
          {"source", to_utf8(info.source)},
          {"sha256", info.sha256},
          {"amount", number(info.amount)},
          {"unit", text_or_null(info.unit)}};
}

}  // namespace

FallbackCounts fallback_counts(const Fallback& fallback) {
  FallbackCounts counts;
  for (const Refusal& one : fallback.refused) {
    ++(one.reason.code == reason::kUnsupported ? counts.at_run : counts.at_open);
  }
  return counts;
}

std::string word(CaseStatus status) {
  switch (status) {
    case CaseStatus::kMeasured:
      return "measured";
    case CaseStatus::kFail:
      return "fail";
    case CaseStatus::kSkipped:
      return "skipped";
    case CaseStatus::kError:
      break;
  }
  return "error";
}

std::string word(GateStatus status) {
  switch (status) {
    case GateStatus::kPass:
      return "pass";
    case GateStatus::kFail:
      return "fail";
    case GateStatus::kSkipped:
      break;
  }
  return "skipped";
}

std::string word(VerdictStatus status) {
  switch (status) {
    case VerdictStatus::kPass:
      return "pass";
    case VerdictStatus::kFail:
      return "fail";
    case VerdictStatus::kSkipped:
      break;
  }
  return "skipped";
}

std::string word(Direction direction) {
  return direction == Direction::kHigher ? "higher" : "lower";
}

Json to_json(const CaseResult& result) {
  Json axes = Json::object();
  for (const auto& [axis, value] : result.axes) axes[axis] = to_utf8(value);
  Json stages = Json::object();
  for (const char* stage : {"load", "quantize", "compute", "prefill", "decode", "output"}) {
    const auto found = result.stages.find(stage);
    if (found != result.stages.end()) stages[stage] = to_json(found->second);
  }
  Json kernels = Json::array();
  for (const KernelCalls& kernel : result.kernels) {
    kernels.push_back({{"name", to_utf8(kernel.name)}, {"calls", kernel.calls}});
  }
  Json metrics = Json::object();
  for (const auto& [name, metric] : result.metrics) metrics[name] = to_json(metric);
  Json out = {{"id", to_utf8(result.id)},
              {"suite", to_utf8(result.suite)},
              {"backend", to_utf8(result.backend)},
              {"device", text_or_null(result.device)},
              {"simulated", result.simulated},
              {"axes", std::move(axes)},
              {"threads", result.threads},
              {"status", word(result.status)},
              {"reason", to_json(result.reason)},
              {"stages", std::move(stages)},
              {"kernels", std::move(kernels)},
              {"metrics", std::move(metrics)},
              {"ceilings", result.ceilings ? to_json(*result.ceilings) : Json(nullptr)},
              {"disturbance", to_json(result.disturbance)},
              {"digest", text_or_null(result.digest)},
              {"stderr_tail", text_or_null(result.stderr_tail)}};
  if (result.generation) out["generation"] = to_json(*result.generation);
  if (!result.detected.empty()) {
    out["devices"] = {{"requested", text_or_null(result.requested)},
                      {"detected", texts(result.detected)},
                      {"selected", text_or_null(result.device)}};
  }
  if (result.benchmark) out["benchmark"] = to_json(*result.benchmark);
  if (!result.fallback.refused.empty()) out["fallback"] = to_json(result.fallback);
  put_attempts(result.attempts, out);
  return out;
}

Json to_json(const Comparison& comparison) {
  Json rounds = {{"order", Json::array()},
                 {"baseline_ns", Json::array()},
                 {"candidate_ns", Json::array()},
                 {"null_ns", Json::array()},
                 {"stolen", Json::array()}};
  for (const Round& round : comparison.rounds) {
    rounds["order"].push_back(round.order);
    rounds["baseline_ns"].push_back(round.baseline_ns);
    rounds["candidate_ns"].push_back(round.candidate_ns);
    rounds["null_ns"].push_back(round.null_ns);
    rounds["stolen"].push_back(number(round.stolen));
  }
  Json out = {{"candidate", to_utf8(comparison.candidate)},
              {"baseline", to_utf8(comparison.baseline)},
              {"status", word(comparison.status)},
              {"reason", to_json(comparison.reason)},
              {"seed", comparison.seed},
              {"repeat", comparison.repeat},
              {"rounds", std::move(rounds)},
              {"dropped", nullptr},
              {"ratio", nullptr},
              {"null", nullptr},
              {"bootstrap", nullptr}};
  if (comparison.summary) {
    const auto ratio = [](const RatioSummary& summary) -> Json {
      return {{"median", number(summary.median)},
              {"interval", to_json(std::optional(summary.interval))}};
    };
    out["dropped"] = comparison.summary->dropped;
    out["ratio"] = ratio(comparison.summary->ratio);
    out["null"] = ratio(comparison.summary->null);
    out["bootstrap"] = to_json(std::optional(comparison.summary->bootstrap));
  }
  put_attempts(comparison.attempts, out);
  return out;
}

Json to_json(const GateResult& result) {
  Json cases = Json::array();
  for (const GateCase& one : result.cases) {
    cases.push_back({{"id", to_utf8(one.id)},
                     {"status", word(one.status)},
                     {"reason", to_json(one.reason)},
                     {"value", number(one.value)},
                     {"interval", to_json(one.interval)},
                     {"against", text_or_null(one.against)}});
  }
  return {{"id", to_utf8(result.id)},
          {"metric", result.metric},
          {"require", to_utf8(result.require)},
          {"required", result.required},
          {"blocking", result.blocking},
          {"status", word(result.status)},
          {"reason", to_json(result.reason)},
          {"value", number(result.value)},
          {"interval", to_json(result.interval)},
          {"limit", number(result.limit)},
          {"unit", result.unit},
          {"cases", std::move(cases)}};
}

Json to_json(const Verdict& verdict) {
  return {{"status", word(verdict.status)},
          {"reason", to_json(verdict.reason)},
          {"route", to_utf8(verdict.route)},
          {"exit_code", static_cast<int>(verdict.exit_code)}};
}

Json to_json(const Receipt& receipt) {
  Json ceilings = Json::object();
  for (const auto& [threads, measured] : receipt.ceilings) {
    ceilings[std::to_string(threads)] = to_json(measured);
  }
  Json out = {{"schema", kReceiptSchema},
              {"verdict", to_json(receipt.verdict)},
              {"gates", array_of(receipt.gates)},
              {"pipeline", to_json(receipt.pipeline)},
              {"tool",
               {{"version", receipt.tool.version},
                {"git", receipt.tool.git},
                {"build", receipt.tool.build}}},
              {"started", receipt.started},
              {"finished", receipt.finished},
              {"argv", texts(receipt.argv)},
              {"interrupted", receipt.interrupted},
              {"environment", to_json(receipt.environment)},
              {"plugins", array_of(receipt.plugins)},
              {"ceilings", std::move(ceilings)},
              {"cases", array_of(receipt.cases)},
              {"comparisons", array_of(receipt.comparisons)}};
  // Of a run that may not try again there is nothing to say.
  if (receipt.attempts.most > 1) {
    out["attempts"] = {{"made", receipt.attempts.made}, {"most", receipt.attempts.most}};
  }
  if (receipt.context) out["context"] = to_json(*receipt.context);
  out["digest"] = digest_of(out);
  return out;
}

std::string digest_of(const Json& receipt) {
  Json rest = receipt;
  rest.erase("digest");
  return sha256(rest.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace bitgate

#include "rows.hpp"

#include <charconv>
#include <cstdint>

namespace exporting {
namespace {

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : ""; }

bool is_measured(const Json& result) { return result.at("status") == "measured"; }

/// Of one execution; none without samples.
std::vector<double> times_of(const Json& result, const char* stage) {
  std::vector<double> out;
  const Json& stages = result.at("stages");
  if (!stages.contains(stage)) return out;
  const auto repeat = stages[stage].at("repeat").get<double>();
  for (const Json& sample : stages[stage].at("samples_ns")) {
    out.push_back(sample.get<double>() / repeat);
  }
  return out;
}

/// What an outside benchmark says that it processes.
void take_amount(const Json& result, interop::Measured& out) {
  if (!result.contains("benchmark")) return;
  result["benchmark"].at("amount").get_to(out.amount);
  out.unit = text_of(result["benchmark"].at("unit"));
}

/// The interval of a case's metric, if a gate judged the metric itself: not a ratio to another arm.
std::optional<std::pair<double, double>> interval_of(const Json& receipt, const Json& id,
                                                     const std::string& metric) {
  for (const Json& gate : receipt.at("gates")) {
    if (gate.at("metric") != metric) continue;
    for (const Json& one : gate.at("cases")) {
      const Json& interval = one.at("interval");
      if (one.at("id") != id || !one.at("against").is_null() || interval.is_null()) continue;
      return std::pair(interval.at(0).get<double>(), interval.at(1).get<double>());
    }
  }
  return std::nullopt;
}

interop::Phase phase_of(const Json& result, const char* stage) {
  const Json& model = result.at("generation");
  return {text_of(model.at("model")),
          text_of(model.at("stored_as")),
          model.at("stored_bytes").get<std::uint64_t>(),
          model.at("parameters").get<std::uint64_t>(),
          text_of(result.at("backend")),
          result.at("threads").get<unsigned>(),
          0,
          0,
          times_of(result, stage)};
}

}  // namespace

interop::Origin origin_of(const Json& receipt) {
  const Json& tool = receipt.at("tool");
  const Json& facts = receipt.at("environment").at("facts");
  const auto fact = [&](const char* name) {
    return facts.contains(name) ? text_of(facts[name]) : std::string();
  };
  interop::Origin out;
  out.git = text_of(tool.at("git"));
  out.tool = "bitgate " + text_of(tool.at("version")) + " (" + out.git + ")";
  out.time = text_of(receipt.at("started"));
  out.processor = fact("cpu.model");
  out.build_type = fact("build.type");
  const std::string cores = fact("cpu.cores");
  std::from_chars(cores.data(), cores.data() + cores.size(), out.cores);
  return out;
}

std::vector<interop::Series> series_of(const Json& receipt) {
  std::vector<interop::Series> out;
  for (const Json& result : receipt.at("cases")) {
    interop::Series series;
    result.at("id").get_to(series.measured.name);
    result.at("threads").get_to(series.threads);
    if (is_measured(result)) {
      series.measured.times_ns = times_of(result, "compute");
      series.repeat = result.at("stages").at("compute").at("repeat").get<std::uint64_t>();
      take_amount(result, series.measured);
    } else {
      series.measured.failure = text_of(result.at("reason"));
    }
    out.push_back(std::move(series));
  }
  return out;
}

std::vector<interop::Value> values_of(const Json& receipt, const std::string& better) {
  std::vector<interop::Value> out;
  for (const Json& result : receipt.at("cases")) {
    if (!is_measured(result)) continue;
    for (const auto& [name, metric] : result.at("metrics").items()) {
      if (!metric.at("value").is_number()) continue;
      if (!better.empty() && metric.at("direction") != better) continue;
      out.push_back({text_of(result.at("id")), name, text_of(metric.at("unit")),
                     metric.at("value").get<double>(),
                     interval_of(receipt, result.at("id"), name)});
    }
  }
  return out;
}

std::vector<interop::Phase> phases_of(const Json& receipt) {
  std::vector<interop::Phase> out;
  for (const Json& result : receipt.at("cases")) {
    if (!is_measured(result) || !result.contains("generation")) continue;
    const Json& model = result["generation"];
    const auto tokens = model.at("timed_prompt_tokens").get<std::uint64_t>();
    const auto prompts = model.at("timed_prompts").get<std::uint64_t>();
    if (prompts > 0 && tokens > 0 && tokens % prompts == 0) {
      interop::Phase prefill = phase_of(result, "prefill");
      prefill.prompt_tokens = tokens / prompts;
      out.push_back(std::move(prefill));
    }
    interop::Phase decode = phase_of(result, "decode");
    decode.generated = 1;
    out.push_back(std::move(decode));
  }
  std::erase_if(out, [](const interop::Phase& phase) { return phase.times_ns.empty(); });
  return out;
}

std::size_t unmeasured(const Json& receipt) {
  std::size_t out = 0;
  for (const Json& result : receipt.at("cases")) out += is_measured(result) ? 0 : 1;
  return out;
}

}  // namespace exporting

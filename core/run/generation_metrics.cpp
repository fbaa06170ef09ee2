#include "run/generation_metrics.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <span>
#include <vector>

#include "measure/ceilings.hpp"
#include "measure/sampling.hpp"
#include "measure/statistics.hpp"
#include "run/figure.hpp"
#include "run/recorded_metrics.hpp"

namespace bitgate {
namespace {

constexpr const char* kNoAnswers = "no right answers are known";
constexpr const char* kNoText = "no text was given";

Figure known(const std::optional<double>& value, const char* why_not) {
  return value ? Figure::of(*value) : Figure::none(why_not);
}

class Metrics {
 public:
  Metrics(CaseResult& result, const std::string& format, const GenerationFacts& facts)
      : result_(result), info_(*result.generation), format_(format), facts_(facts) {}

  void fill() {
    const auto stored = static_cast<double>(info_.stored_bytes);
    put("load.time", time("load"));
    put("load.rate", rate("load", stored));
    put("quantize.time", time("quantize"));
    put("quantize.rate", rate("quantize", stored));
    put("quantize.mismatches", Figure::of(static_cast<double>(facts_.weights.mismatches)));
    put("quantize.nmse", Figure::of(facts_.weights.nmse));
    put("quantize.cosine", Figure::of(facts_.weights.cosine));
    put("quantize.max_abs", Figure::of(facts_.weights.max_abs));
    put("compute.time", time("compute"));
    put("compute.ttft", time("prefill"));
    put("prefill.time", time("prefill"));
    put("prefill.rate", per_second("prefill", prompt_tokens()));
    put("prefill.ceiling", prefill_ceiling());
    put("decode.rate", per_second("decode", 1));
    put("decode.latency", time("decode"));
    put("decode.latency_p90", summary(&Summary::p90_ns));
    put("decode.latency_p99", summary(&Summary::p99_ns));
    put("decode.ceiling", decode_ceiling());
    put("output.time", time("output"));
    put("output.mismatches", Figure::of(static_cast<double>(facts_.mismatches)));
    put("output.max_error", Figure::of(facts_.max_error));
    put("output.cosine", Figure::of(facts_.cosine));
    put("output.answers", known(facts_.answers, kNoAnswers));
    put("output.perplexity", known(facts_.perplexity, kNoText));
    put("memory.peak", Figure::of(static_cast<double>(facts_.peak_memory)));
  }

 private:
  /// Of a prompt, on average.
  [[nodiscard]] double prompt_tokens() const {
    return static_cast<double>(info_.timed_prompt_tokens) /
           static_cast<double>(info_.timed_prompts);
  }

  [[nodiscard]] Figure time(const std::string& stage) const {
    if (!facts_.timing_invalid.empty()) return Figure::none(facts_.timing_invalid);
    const auto found = result_.stages.find(stage);
    if (found == result_.stages.end()) return Figure::none("the stage was not reached");
    if (found->second.samples_ns.empty()) return Figure::none(found->second.reason);
    return Figure::of(median_ns(found->second));
  }

  [[nodiscard]] Figure summary(double Summary::*which) const {
    const auto decode = result_.stages.find("decode");
    if (decode == result_.stages.end() || !decode->second.summary) return time("decode");
    return Figure::of((*decode->second.summary).*which);
  }

  /// Amount a nanosecond: 1e9 a second.
  [[nodiscard]] Figure rate(const std::string& stage, double amount) const {
    const Figure spent = time(stage);
    if (!spent.value) return spent;
    if (*spent.value <= 0) return Figure::none("faster than the clock can tell");
    return Figure::of(amount / *spent.value);
  }
  [[nodiscard]] Figure per_second(const std::string& stage, double amount) const {
    return rate(stage, amount * 1e9);
  }

  [[nodiscard]] Figure decode_ceiling() const {
    const Figure spent = time("decode");
    if (!spent.value) return spent;
    if (info_.bandwidth.empty()) {
      return Figure::none("the weights are few enough to come from the cache");
    }
    // A denser layout has fewer bytes to read; a wider one is no excuse.
    const std::uint64_t bytes = std::min(
        info_.bytes_per_token, info_.resident_bytes_per_token.value_or(info_.bytes_per_token));
    std::span<const std::uint64_t> steps = result_.stages.at("decode").samples_ns;
    std::vector<double> shares;
    for (const BandwidthProbe& probe : info_.bandwidth) {
      if (probe.steps == 0 || probe.steps > steps.size()) {
        return Figure::none("the read bandwidth was not measured beside the steps");
      }
      std::vector<double> beside(steps.begin(),
                                 steps.begin() + static_cast<std::ptrdiff_t>(probe.steps));
      shares.push_back(static_cast<double>(bytes) / probe.read_bandwidth * 1e9 / median(beside));
      steps = steps.subspan(probe.steps);
    }
    return Figure::of(median(shares));
  }

  [[nodiscard]] Figure prefill_ceiling() const {
    const Figure spent = time("prefill");
    if (!spent.value) return spent;
    if (!result_.ceilings) return Figure::none("no ceiling was measured");
    const double peak =
        formats::is_ternary(format_) ? result_.ceilings->int8_peak : result_.ceilings->f32_peak;
    const double operations = prompt_tokens() * static_cast<double>(info_.operations_per_token);
    return Figure::of(operations / peak * 1e9 / *spent.value);
  }

  void put(const std::string& name, const Figure& figure) { put_metric(result_, name, figure); }

  CaseResult& result_;
  const GenerationInfo& info_;
  const std::string& format_;
  const GenerationFacts& facts_;
};

}  // namespace

void fill_generation_metrics(CaseResult& result, const std::string& format,
                             const GenerationFacts& facts) {
  Metrics(result, format, facts).fill();
  drop_simulated_times(result);
}

GenerationFacts generation_facts_of(const CaseResult& result) {
  const RecordedMetrics recorded(result);
  GenerationFacts facts;
  facts.weights = recorded.weights();
  facts.mismatches = recorded.count("output.mismatches");
  facts.max_error = recorded.value("output.max_error");
  facts.cosine = recorded.value("output.cosine");
  if (recorded.has("output.answers", kNoAnswers)) facts.answers = recorded.value("output.answers");
  if (recorded.has("output.perplexity", kNoText)) {
    facts.perplexity = recorded.value("output.perplexity");
  }
  facts.peak_memory = recorded.count("memory.peak");
  if (result.status == CaseStatus::kFail) facts.timing_invalid = result.reason.text();
  return facts;
}

}  // namespace bitgate

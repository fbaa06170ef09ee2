#include "run/generation_metrics.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>

#include "measure/ceilings.hpp"
#include "measure/sampling.hpp"
#include "measure/statistics.hpp"
#include "run/figure.hpp"

namespace bitgate {
namespace {

class Metrics {
 public:
  Metrics(CaseResult& result, const Case& what, const model::Bitnet& bitnet,
          const GenerationFacts& facts)
      : result_(result), case_(what), bitnet_(bitnet), facts_(facts) {}

  void fill() {
    result_.generation->bytes_per_token = static_cast<std::uint64_t>(bytes_per_step());
    const auto stored = static_cast<double>(facts_.stored_bytes);
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
    put("output.mismatches",
        Figure::of(static_cast<double>(facts_.different + facts_.oracle.mismatches)));
    put("output.max_error", Figure::of(facts_.oracle.max_error));
    put("output.cosine", Figure::of(facts_.oracle.cosine));
    put("output.answers",
        facts_.answers ? Figure::of(*facts_.answers) : Figure::none("no right answers are known"));
    put("memory.peak", Figure::of(static_cast<double>(facts_.peak_memory)));
  }

 private:
  /// Of a prompt, on average.
  [[nodiscard]] double prompt_tokens() const {
    const auto prompts = static_cast<double>(result_.generation->timed_prompts);
    return static_cast<double>(facts_.timed_prompt_tokens) / prompts;
  }

  [[nodiscard]] Figure time(const std::string& stage) const {
    if (!facts_.timing_invalid.empty()) return Figure::none(facts_.timing_invalid);
    const StageResult& found = result_.stages.at(stage);
    if (found.samples_ns.empty()) return Figure::none(found.reason);
    return Figure::of(median_ns(found));
  }

  [[nodiscard]] Figure summary(double Summary::*which) const {
    const StageResult& decode = result_.stages.at("decode");
    if (!decode.summary) return time("decode");
    return Figure::of((*decode.summary).*which);
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

  /// Weights that a step reads (all, for the embedding is the output matrix too) and the rows of
  /// the caches.
  [[nodiscard]] double bytes_per_step() const {
    const auto weights = static_cast<double>(facts_.device_bytes);
    if (facts_.steps == 0) return weights;
    const double rows = static_cast<double>(facts_.rows_seen) / static_cast<double>(facts_.steps);
    const auto row_bytes = static_cast<double>(bitnet_.layers * 2 * bitnet_.kv() * sizeof(float));
    return weights + rows * row_bytes;
  }

  [[nodiscard]] Figure decode_ceiling() const {
    const Figure spent = time("decode");
    if (!spent.value) return spent;
    if (!result_.ceilings) return Figure::none("no ceiling was measured");
    if (bytes_per_step() < static_cast<double>(kColdCaches * last_level_cache())) {
      return Figure::none("the weights are few enough to come from the cache");
    }
    const double least_seconds = bytes_per_step() / result_.ceilings->read_bandwidth;
    return Figure::of(least_seconds * 1e9 / *spent.value);
  }

  [[nodiscard]] Figure prefill_ceiling() const {
    const Figure spent = time("prefill");
    if (!spent.value) return spent;
    if (!result_.ceilings) return Figure::none("no ceiling was measured");
    const double peak = formats::is_ternary(case_.format) ? result_.ceilings->int8_peak
                                                          : result_.ceilings->f32_peak;
    const double operations =
        prompt_tokens() * static_cast<double>(model::matrix_operations(bitnet_));
    return Figure::of(operations / peak * 1e9 / *spent.value);
  }

  void put(const std::string& name, const Figure& figure) { put_metric(result_, name, figure); }

  CaseResult& result_;
  const Case& case_;
  const model::Bitnet& bitnet_;
  const GenerationFacts& facts_;
};

}  // namespace

void fill_generation_metrics(CaseResult& result, const Case& what, const model::Bitnet& bitnet,
                             const GenerationFacts& facts) {
  Metrics(result, what, bitnet, facts).fill();
}

}  // namespace bitgate

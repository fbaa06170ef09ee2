#include "run/case_metrics.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>

#include "measure/ceilings.hpp"
#include "measure/sampling.hpp"
#include "run/figure.hpp"
#include "run/recorded_metrics.hpp"

namespace bitgate {
namespace {

constexpr const char* kNoWeights = "no weights were checked";
constexpr const char* kNoOutputs = "no output was checked";

class Metrics {
 public:
  Metrics(CaseResult& result, const Case& what, const CaseFacts& facts)
      : result_(result), case_(what), facts_(facts) {}

  void fill() {
    const double source_bytes = elements() * sizeof(float);
    put("load.time", time("load"));
    put("load.rate", rate("load", source_bytes));
    put("quantize.time", time("quantize"));
    put("quantize.rate", rate("quantize", source_bytes));
    put("quantize.ceiling", quantize_ceiling());
    put("quantize.mismatches", weights(static_cast<double>(facts_.weights.mismatches)));
    put("quantize.nmse", weights(facts_.weights.nmse));
    put("quantize.cosine", weights(facts_.weights.cosine));
    put("quantize.max_abs", weights(facts_.weights.max_abs));
    put("compute.time", time("compute"));
    put("compute.throughput", rate("compute", operations()));
    put("compute.bandwidth", rate("compute", weight_bytes()));
    put("compute.ceiling", ceiling());
    put("output.time", time("output"));
    put("output.mismatches", facts_.outputs_checked
                                 ? Figure::of(static_cast<double>(facts_.output.mismatches))
                                 : Figure::none(kNoOutputs));
    put("output.max_error",
        facts_.outputs_checked ? Figure::of(facts_.output.max_error) : Figure::none(kNoOutputs));
  }

 private:
  [[nodiscard]] bool dequantizes() const { return case_.suite->op == ComputeOp::kDequantize; }
  [[nodiscard]] double elements() const {
    return static_cast<double>(case_.shape.rows) * static_cast<double>(case_.shape.cols);
  }
  [[nodiscard]] double weight_bytes() const {
    const auto size = formats::byte_size(case_.format, case_.shape.rows, case_.shape.cols);
    return static_cast<double>(size.value_or(0));
  }
  /// A multiply-add counts as two; an element that is only converted as one.
  [[nodiscard]] double operations() const {
    return dequantizes() ? elements() : 2 * elements() * static_cast<double>(case_.batch);
  }

  [[nodiscard]] Figure time(const std::string& stage) const {
    if (!facts_.timing_invalid.empty()) return Figure::none(facts_.timing_invalid);
    const auto found = result_.stages.find(stage);
    if (found == result_.stages.end()) return Figure::none("the stage was not reached");
    if (found->second.samples_ns.empty()) return Figure::none(found->second.reason);
    return Figure::of(median_ns(found->second));
  }

  /// Amount a nanosecond: 1e9 a second, as the units GB/s and Gop/s want it.
  [[nodiscard]] Figure rate(const std::string& stage, double amount) const {
    const Figure spent = time(stage);
    if (!spent.value) return spent;
    if (*spent.value <= 0) return Figure::none("faster than the clock can tell");
    return Figure::of(amount / *spent.value);
  }

  [[nodiscard]] Figure weights(double value) const {
    return facts_.weights_checked ? Figure::of(value) : Figure::none(kNoWeights);
  }

  /// The least time that the machine needs, over the time taken. Cold weights must come through the
  /// read bandwidth; the arithmetic can't beat its peak. The slower of both binds (roofline model:
  /// Williams, Waterman and Patterson, CACM 2009).
  [[nodiscard]] Figure ceiling() const {
    const Figure spent = time("compute");
    if (!spent.value) return spent;
    if (!result_.ceilings) return Figure::none("no ceiling was measured");
    const Ceilings& can = *result_.ceilings;
    const bool cold = case_.cache == Cache::kCold;
    double least_seconds = 0;
    if (dequantizes()) {
      if (!cold) return Figure::none("a hot dequantize has no ceiling");
      least_seconds = (weight_bytes() + elements() * sizeof(float)) / can.read_bandwidth;
    } else {
      const double peak = formats::is_ternary(case_.format) ? can.int8_peak
                          : case_.format == formats::kBF16  ? can.bf16_peak
                                                            : can.f32_peak;
      least_seconds = elements() * static_cast<double>(case_.batch) / peak;
      if (cold) least_seconds = std::max(least_seconds, weight_bytes() / can.read_bandwidth);
    }
    return Figure::of(least_seconds * 1e9 / *spent.value);
  }

  /// The source and the weights through the read bandwidth, each byte once.
  [[nodiscard]] Figure quantize_ceiling() const {
    const Figure spent = time("quantize");
    if (!spent.value) return spent;
    if (!result_.ceilings) return Figure::none("no ceiling was measured");
    const double source_bytes = elements() * sizeof(float);
    if (source_bytes < static_cast<double>(kColdCaches * result_.ceilings->cache)) {
      return Figure::none("the f32 weights are small enough to come from the cache");
    }
    const double least_seconds = (source_bytes + weight_bytes()) / result_.ceilings->read_bandwidth;
    return Figure::of(least_seconds * 1e9 / *spent.value);
  }

  void put(const std::string& name, const Figure& figure) { put_metric(result_, name, figure); }

  CaseResult& result_;
  const Case& case_;
  const CaseFacts& facts_;
};

}  // namespace

void fill_metrics(CaseResult& result, const Case& what, const CaseFacts& facts) {
  Metrics(result, what, facts).fill();
  drop_simulated_times(result);
}

CaseFacts facts_of(const CaseResult& result) {
  const RecordedMetrics recorded(result);
  CaseFacts facts;
  facts.weights_checked = recorded.has("quantize.mismatches", kNoWeights);
  if (facts.weights_checked) facts.weights = recorded.weights();
  facts.outputs_checked = recorded.has("output.mismatches", kNoOutputs);
  if (facts.outputs_checked) {
    facts.output.mismatches = recorded.count("output.mismatches");
    facts.output.max_error = recorded.value("output.max_error");
  }
  if (result.status == CaseStatus::kFail) facts.timing_invalid = result.reason.text();
  return facts;
}

}  // namespace bitgate

#include "receipt/metrics.hpp"

#include <algorithm>
#include <array>

namespace bitgate {
namespace {

constexpr auto kLower = Direction::kLower;
constexpr auto kHigher = Direction::kHigher;

constexpr std::array<MetricInfo, 31> kMetrics = {{
    {"load.time", "ns", kLower, "median", "making a tensor of the f32 weights and writing it"},
    {"load.rate", "GB/s", kHigher, "median", "f32 bytes over load.time"},
    {"quantize.time", "ns", kLower, "median", "quantizing, and preparing the compute program"},
    {"quantize.rate", "GB/s", kHigher, "median", "f32 bytes over quantize.time"},
    {"quantize.ceiling", "1", kHigher, "median",
     "share of the read bandwidth that the f32 source and the written weights need"},
    {"quantize.mismatches", "count", kLower, "count",
     "codes that the oracle would choose otherwise"},
    {"quantize.nmse", "1", kLower, "exact", "squared error of the weights over their square"},
    {"quantize.cosine", "1", kHigher, "exact", "cosine between the weights and their f32 source"},
    {"quantize.max_abs", "1", kLower, "exact", "largest difference of a weight from its source"},
    {"compute.time", "ns", kLower, "median", "one execution"},
    {"compute.throughput", "Gop/s", kHigher, "median",
     "a multiply-add counts as two operations, a dequantized element as one"},
    {"compute.bandwidth", "GB/s", kHigher, "median",
     "bytes of the weights in their format over time, or those that an outside benchmark names"},
    {"compute.ceiling", "1", kHigher, "median",
     "share of the bound that binds, measured beside it"},
    {"output.time", "ns", kLower, "median", "reading the output back"},
    {"output.mismatches", "count", kLower, "count",
     "output elements that disagree with the oracle"},
    {"output.max_error", "1", kLower, "exact",
     "largest error of an output in units of what its type allows"},
    {"compute.tokens", "tokens/s", kHigher, "median",
     "tokens of an outside benchmark over its compute.time"},
    {"compute.items", "items/s", kHigher, "median",
     "what an outside benchmark counts over its compute.time"},
    {"compute.ttft", "ns", kLower, "median", "a prompt's time to the first token of its answer"},
    {"prefill.time", "ns", kLower, "median", "a prompt"},
    {"prefill.rate", "tokens/s", kHigher, "median", "tokens of the prompts over prefill.time"},
    {"prefill.ceiling", "1", kHigher, "median",
     "share of the arithmetic peak that the matrices alone need"},
    {"decode.rate", "tokens/s", kHigher, "median",
     "steps of one token a second, by the median step"},
    {"decode.latency", "ns", kLower, "median", "one step: position in, run, token out"},
    {"decode.latency_p90", "ns", kLower, "median", "the step that nine of ten are faster than"},
    {"decode.latency_p99", "ns", kLower, "median", "the step that 99 of 100 are faster than"},
    {"decode.ceiling", "1", kHigher, "median",
     "share of the read bandwidth that weights and caches of a step need"},
    {"output.answers", "1", kHigher, "exact", "share of the prompts that are answered right"},
    {"output.perplexity", "count", kLower, "exact",
     "how many tokens seem as likely as the right one, in the text that was given"},
    {"output.cosine", "1", kHigher, "exact", "cosine between the logits and the oracle's"},
    {"memory.peak", "bytes", kLower, "exact", "most memory that the backend's process held"},
}};

}  // namespace

bool is_compared_in_rounds(const MetricInfo& metric) {
  return metric.statistic == "median" && metric.name.starts_with("compute.");
}

std::span<const MetricInfo> known_metrics() { return kMetrics; }

const MetricInfo* find_metric(std::string_view name) {
  const auto* found = std::find_if(kMetrics.begin(), kMetrics.end(),
                                   [&](const MetricInfo& metric) { return metric.name == name; });
  return found == kMetrics.end() ? nullptr : found;
}

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const MetricInfo& metric : kMetrics) names.emplace_back(metric.name);
  return names;
}

}  // namespace bitgate

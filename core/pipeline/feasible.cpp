#include "pipeline/feasible.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "pipeline/expand.hpp"

namespace bitgate {
namespace {

constexpr double kNone = std::numeric_limits<double>::infinity();

/// What quantizing normally distributed weights costs at least, and what is asked for instead.
struct CodecBound {
  double nmse = 0;
  double cosine = kNone;
  const char* because = "";
  const char* nmse_instead = "";
  const char* cosine_instead = "";
};

// Three levels lose 0.190 of the power of a normal distribution however they are chosen (Max, IRE
// Trans. Inf. Theory 6, 1960, table I), and the cosine of the best is sqrt(1 - 0.190) = 0.900;
// absmean gets 0.263 and 0.88. Rounding to p bits errs uniformly by half a unit in the last place,
// 2^(1-p) of a binade whose values are under twice its lower end: at least 2^(2-2p) / 12 / 4. What
// is refused is a little below, for weights that are few and luckily drawn.
constexpr CodecBound kTernaryBound = {0.18, 0.906,
                                      "three levels lose 19% of the power of normally distributed "
                                      "weights, whatever their thresholds",
                                      "<= 0.3", ">= 0.85"};
constexpr CodecBound kBf16Bound = {1.2e-6, kNone, "bf16 keeps 8 bits", "<= 1e-5", ""};
constexpr CodecBound kF16Bound = {1.9e-8, kNone, "f16 keeps 11 bits", "<= 1e-7", ""};
constexpr std::uint64_t kFew = 4096;  // weights, under which luck may do more

const CodecBound* bound_of(std::string_view format) {
  if (formats::is_ternary(format)) return &kTernaryBound;
  if (format == formats::kBF16) return &kBf16Bound;
  return format == formats::kF16 ? &kF16Bound : nullptr;
}

bool covers(const Rule& rule, const std::string& key, std::string_view value) {
  const auto found = rule.where.find(key);
  return found == rule.where.end() || found->second == value;
}

std::string judge_codec(const Rule& rule, const SuiteSpec& suite, const std::string& format) {
  const CodecBound* bound = bound_of(format);
  const bool many = std::any_of(suite.shape.begin(), suite.shape.end(), [&](const Shape& shape) {
    return covers(rule, "shape", text_of(shape)) && shape.rows * shape.cols >= kFew;
  });
  if (bound == nullptr || suite.values != Values::kGaussian || !many) return "";
  const bool nmse = rule.metric == "quantize.nmse" && rule.require.max < bound->nmse;
  const bool cosine = rule.metric == "quantize.cosine" && rule.require.min > bound->cosine;
  if (!nmse && !cosine) return "";
  return fmt::format("no {} codec can meet this: {}; ask for \"{}\"", format, bound->because,
                     nmse ? bound->nmse_instead : bound->cosine_instead);
}

std::string judge_kernel(const Rule& rule, const SuiteSpec& suite, const std::string& format) {
  const bool rounds = suite.op == ComputeOp::kMatmul && formats::is_float(format);
  if (rule.metric != "output.max_error" || !rounds || rule.require.max > 0) return "";
  return fmt::format(
      "no {} product can meet this: even the exact one is rounded to f32; ask for \"<= 1\", the "
      "bound that every correct kernel keeps",
      format);
}

}  // namespace

std::string why_infeasible(const Rule& rule, const Pipeline& pipeline) {
  if (rule.require.kind != RequireKind::kValue) return "";
  for (const SuiteSpec& suite : pipeline.suites) {
    if (!covers(rule, "suite", suite.name)) continue;
    for (const std::string& format : suite.format) {
      if (!covers(rule, "format", format)) continue;
      if (std::string why = judge_codec(rule, suite, format); !why.empty()) return why;
      if (std::string why = judge_kernel(rule, suite, format); !why.empty()) return why;
    }
  }
  return "";
}

}  // namespace bitgate

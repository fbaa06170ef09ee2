// Results of cases as a run would leave them, to be judged.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gate/judge.hpp"
#include "measure/rounds.hpp"
#include "receipt/metrics.hpp"

namespace bitgate::test {

/// Sets a declared metric.
inline void set(CaseResult& result, const std::string& name, std::optional<double> value,
                const std::string& reason = "") {
  const MetricInfo* info = find_metric(name);
  result.metrics[name] = {value, std::string(info->unit), info->direction,
                          std::string(info->statistic), reason};
}

/// kernels/batch=BATCH@BACKEND, measured and right, one execution in `ns`.
inline CaseResult measured(const std::string& backend, double ns = 100,
                           const std::string& batch = "1") {
  CaseResult result;
  result.suite = "kernels";
  result.backend = backend;
  result.axes = {{"batch", batch}};
  result.id = "kernels/batch=" + batch + "@" + backend;
  result.device = "cpu/" + backend;
  result.threads = 1;
  result.status = CaseStatus::kMeasured;
  for (const char* stage : {"load", "quantize", "compute", "output"}) {
    result.stages[stage].samples_ns.assign(20, static_cast<std::uint64_t>(ns));
    result.stages[stage].stopped_by = "precision";
    result.stages[stage].summary = {ns, 0, ns, ns};
  }
  result.kernels = {{backend + "/i2_s_gemv", 3}};
  set(result, "compute.time", ns);
  set(result, "compute.throughput", 1000 / ns);
  set(result, "compute.ceiling", 0.5);
  set(result, "quantize.nmse", 1e-9);
  set(result, "quantize.mismatches", 0);
  set(result, "output.mismatches", 0);
  return result;
}

/// The same case without numbers.
inline CaseResult unmeasured(const std::string& backend, CaseStatus status, Reason why,
                             const std::string& batch = "1") {
  CaseResult result = measured(backend, 100, batch);
  result.status = status;
  result.reason = std::move(why);
  result.stages.clear();
  result.kernels.clear();
  result.metrics.clear();
  return result;
}

/// As a run leaves a case whose outputs are wrong: no time, but the count of what is wrong.
inline CaseResult wrong(const std::string& backend, const std::string& batch = "1") {
  CaseResult result = measured(backend, 100, batch);
  result.status = CaseStatus::kFail;
  result.reason = {reason::kMismatch, "3 of 256 outputs disagree"};
  for (auto& [name, stage] : result.stages) stage.samples_ns.clear();
  set(result, "compute.time", std::nullopt, "mismatch");
  set(result, "compute.throughput", std::nullopt, "mismatch");
  set(result, "compute.ceiling", std::nullopt, "mismatch");
  set(result, "output.mismatches", 3);
  return result;
}

/// The rounds of simd against the same case on another backend, as their compute samples say; of
/// cases that were measured.
inline std::vector<Comparison> compared(const std::vector<CaseResult>& cases) {
  std::vector<Comparison> out;
  for (const CaseResult& candidate : cases) {
    for (const CaseResult& baseline : cases) {
      const bool pair = candidate.backend == "simd" && baseline.backend != "simd" &&
                        candidate.axes == baseline.axes && candidate.suite == baseline.suite;
      const bool timed =
          candidate.status == CaseStatus::kMeasured && baseline.status == CaseStatus::kMeasured;
      if (!pair || !timed) continue;
      Comparison comparison;
      comparison.candidate = candidate.id;
      comparison.baseline = baseline.id;
      comparison.status = CaseStatus::kMeasured;
      const auto& mine = candidate.stages.at("compute").samples_ns;
      const auto& theirs = baseline.stages.at("compute").samples_ns;
      for (std::size_t i = 0; i < mine.size(); ++i) {
        comparison.rounds.push_back({"BCN", theirs[i], mine[i], theirs[i], 0});
      }
      comparison.summary = summarize_rounds(comparison.rounds, comparison.seed);
      out.push_back(std::move(comparison));
    }
  }
  return out;
}

inline constexpr double kNone = std::numeric_limits<double>::infinity();

/// A rule on the metric's own value.
inline Rule rule(const std::string& metric, double min, double max) {
  Rule out;
  out.id = "gate";
  out.metric = metric;
  out.require = {RequireKind::kValue, min, max, "", "as written"};
  return out;
}
inline Rule at_most(const std::string& metric, double max) { return rule(metric, -kNone, max); }
inline Rule at_least(const std::string& metric, double min) { return rule(metric, min, kNone); }

/// simd against scalar.
inline Rule against_scalar(const std::string& metric, RequireKind kind, double min, double max) {
  Rule out = rule(metric, min, max);
  out.require.kind = kind;
  out.where = {{"backend", "simd"}};
  out.against = {{"backend", "scalar"}};
  return out;
}

}  // namespace bitgate::test

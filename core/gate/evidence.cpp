#include "gate/evidence.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace bitgate {
namespace {

const Metric* find(const CaseResult& result, const char* name) {
  const auto found = result.metrics.find(name);
  return found == result.metrics.end() ? nullptr : &found->second;
}

/// Of a ceiling, in whatever phase it is shown.
double largest_share(const CaseResult& result) {
  double largest = 0;
  for (const char* name : {"compute.ceiling", "prefill.ceiling", "decode.ceiling"}) {
    const Metric* share = find(result, name);
    if (share != nullptr && share->value) largest = std::max(largest, *share->value);
  }
  return largest;
}

Standing unproven(const char* lacks) {
  return {CaseStatus::kSkipped, {reason::kNothingMeasured, lacks}};
}

}  // namespace

bool has_samples(const CaseResult& result, const std::string& stage) {
  const auto found = result.stages.find(stage);
  if (found == result.stages.end()) return false;
  const std::vector<std::uint64_t>& samples = found->second.samples_ns;
  return std::any_of(samples.begin(), samples.end(), [](std::uint64_t ns) { return ns > 0; });
}

Standing standing_of(const CaseResult& result) {
  if (result.status != CaseStatus::kMeasured) return {result.status, result.reason};
  const bool timed = has_samples(result, "compute");
  const bool counted = !result.kernels.empty() &&
                       std::all_of(result.kernels.begin(), result.kernels.end(),
                                   [](const KernelCalls& kernel) { return kernel.calls > 0; });
  // What an outside command puts out is its own matter: nothing of it can be checked here.
  if (result.benchmark) {
    if (!timed) return unproven("no sample of the command took any time");
    return counted ? Standing{CaseStatus::kMeasured, {}} : unproven("no command was run");
  }
  const Metric* mismatches = find(result, "output.mismatches");
  if (mismatches == nullptr || !mismatches->value) return unproven("no output was checked");
  if (*mismatches->value != 0) {
    return {CaseStatus::kFail,
            {reason::kMismatch,
             fmt::format("{:g} outputs disagree with the oracle", *mismatches->value)}};
  }
  if (!timed) return unproven("no sample of compute took any time");
  if (!counted) return unproven("no kernel call was counted");
  return {CaseStatus::kMeasured, {}};
}

bool is_disturbed(const CaseResult& result) {
  return undisturbed_share(result) < 1 - kMuchDisturbance;
}

double undisturbed_share(const CaseResult& result) {
  if (!result.disturbance) return 1;
  return (1 - result.disturbance->waited) * (1 - result.disturbance->stolen);
}

std::string disturbed(const CaseResult& result) {
  const Disturbance what = result.disturbance.value_or(Disturbance());
  const auto share = [](double value) { return fmt::format("{:.2g}%", value * 100); };
  std::string out = "unfit machine: others had " + share(1 - undisturbed_share(result)) +
                    " of the time that this case asked for";
  if (what.stolen > kMuchDisturbance) out += " (the hypervisor took " + share(what.stolen) + ")";
  return out;
}

Plausibility plausibility(const CaseResult& result) {
  const double share = largest_share(result);
  if (share <= kImplausibleShare) return Plausibility::kPlausible;
  const bool explained = share * undisturbed_share(result) <= kImplausibleShare;
  return is_disturbed(result) && explained ? Plausibility::kDoubtful : Plausibility::kImpossible;
}

Reason implausible(const CaseResult& result) {
  return {reason::kImplausible,
          fmt::format("{:.3g}% of what this machine can do", largest_share(result) * 100)};
}

std::string doubtful(const CaseResult& result) {
  return fmt::format("{}; {}", disturbed(result), implausible(result).detail);
}

}  // namespace bitgate

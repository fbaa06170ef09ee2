// The machine and its state, for the receipt and `bitgate doctor`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "receipt/receipt.hpp"

namespace bitgate {

/// CPU model, ISA extensions that kernels care about, cores allowed, cgroup quota, governor, SMT,
/// caches, memory, kernel, virtualisation, clock resolution, load, compiler and build type of this
/// binary; with warnings for what disturbs measurements. What can't be found out is absent.
Environment read_environment();

/// "RelWithDebInfo" of "gcc 12.2, RelWithDebInfo", as tool_build() says it, or "unoptimized" of a
/// plugin's "gcc 12.2, C, unoptimized"; nothing if none is said.
std::optional<std::string_view> build_type_of(std::string_view build);

/// Whether times of a build of this type ("Debug", "RelWithDebInfo", "unoptimized", …) mean
/// nothing.
bool is_unoptimized(std::string_view build_type);

/// The fact that a user wants the times of such a build, of bitgate or a plugin, judged all the
/// same: the variable BITGATE_JUDGE_DEBUG is 1.
inline constexpr const char* kJudgeDebug = "build.judged";

/// What decides whether timings taken now can be trusted.
struct MachineState {
  std::string governor;         ///< of the CPU frequency; empty: unknown
  unsigned cores = 1;           ///< that the affinity mask allows
  std::optional<double> quota;  ///< of the control group, in cores
  double load = 0;              ///< runnable tasks, mean of the last minute
  double steal = 0;             ///< share of CPU time since boot that the hypervisor gave to others
  std::string build_type;       ///< "RelWithDebInfo", "Debug", "… with sanitizers"
};

/// What disturbs measurements in that state, in plain words, each with its remedy.
std::vector<std::string> warnings_about(const MachineState& state);

}  // namespace bitgate

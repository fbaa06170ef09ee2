// The closed list of reason codes. Whatever is not a pass says one of these words, and details
// after a colon if there are any; docs/receipt.md explains them to users.
#pragma once

#include <array>
#include <string_view>

namespace bitgate::reason {

// The gate contract's words.
inline constexpr const char* kOutOfScope = "out-of-scope";
inline constexpr const char* kMissingTool = "missing-tool";
inline constexpr const char* kBoundedByPolicy = "bounded-by-policy";
inline constexpr const char* kNoGpuAvailable = "no-gpu-available";
inline constexpr const char* kNoCppReference = "no-cpp-reference";
inline constexpr const char* kNoSurface = "n/a-surface";
inline constexpr const char* kDegradedProvider = "degraded-provider";

// Why there is nothing to judge.
inline constexpr const char* kFeatureOff = "feature-off";
inline constexpr const char* kUnsupported = "unsupported";
inline constexpr const char* kUnavailable = "unavailable";  // plugin or device can't be used here
inline constexpr const char* kSimulatedDevice = "simulated-device";
inline constexpr const char* kMissingBaseline = "missing-baseline";
inline constexpr const char* kMissingTarget = "missing-target";
inline constexpr const char* kMissingContext = "missing-context";  // scope can't be told
inline constexpr const char* kMissingMetric =
    "missing-metric";                                        // measured, but without this metric
inline constexpr const char* kMissingCase = "missing-case";  // a case that was planned, or the
                                                             // other arm of a comparison
inline constexpr const char* kNothingMeasured = "nothing-measured";
inline constexpr const char* kInconclusive = "inconclusive";  // measured, and not surely either way

// What went wrong.
inline constexpr const char* kMismatch = "mismatch";        // output disagrees with the oracle
inline constexpr const char* kImplausible = "implausible";  // faster than the machine can be
inline constexpr const char* kLimit = "limit";              // measured, and beyond the limit
inline constexpr const char* kError = "error";              // a plugin, worker or host fault
inline constexpr const char* kInterrupted = "interrupted";

inline constexpr std::array<std::string_view, 23> kAll = {
    kOutOfScope,      kMissingTool,    kBoundedByPolicy,  kNoGpuAvailable,
    kNoCppReference,  kNoSurface,      kDegradedProvider, kFeatureOff,
    kUnsupported,     kUnavailable,    kSimulatedDevice,  kMissingBaseline,
    kMissingTarget,   kMissingContext, kMissingMetric,    kMissingCase,
    kNothingMeasured, kInconclusive,   kMismatch,         kImplausible,
    kLimit,           kError,          kInterrupted};

/// Whether a case is left out by what the pipeline itself declares: its features and its scope.
constexpr bool is_declared(std::string_view code) {
  return code == kFeatureOff || code == kOutOfScope;
}

}  // namespace bitgate::reason

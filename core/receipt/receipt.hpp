// The result model: everything a run found out. Reporters see it as JSON (json.hpp), gates judge
// it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "receipt/reasons.hpp"

namespace bitgate {

/// Why something was skipped, could not be judged, or failed: a word of a closed list (reasons.hpp)
/// and free detail. Empty code: no reason.
struct Reason {
  std::string code;
  std::string detail;

  [[nodiscard]] bool empty() const { return code.empty(); }
  /// "code: detail", or just the code.
  [[nodiscard]] std::string text() const { return detail.empty() ? code : code + ": " + detail; }
  bool operator==(const Reason&) const = default;
};

enum class Direction { kHigher, kLower };

/// One declared quantity. Without a value, `reason` says why. Finite if present.
struct Metric {
  std::optional<double> value;
  std::string unit;  ///< "ns", "GB/s", "Gop/s", "1" (a share or a plain number), "count"
  Direction direction = Direction::kLower;
  std::string statistic;  ///< "median", "count", "exact"
  std::string reason;     ///< why there is no value
};

/// Robust statistics of a stage's samples, in nanoseconds of one execution.
struct Summary {
  double median_ns = 0;
  double mad_ns = 0;  ///< median absolute deviation
  double p90_ns = 0;
  double p99_ns = 0;
};

/// What is known of one stage of one case. All times in nanoseconds of the host's monotonic clock.
struct StageResult {
  std::vector<std::uint64_t> samples_ns;  ///< raw: each the time of `repeat` executions
  std::uint64_t repeat = 1;               ///< executions in one sample, frozen after calibration
  std::uint64_t warmup_samples = 0;
  bool stationary = true;  ///< whether warm-up ended by its criterion and not by its cap
  std::string stopped_by;  ///< "precision", "max_time", "fixed"
  std::optional<Summary> summary;
  std::string reason;  ///< why samples_ns is empty
};

struct KernelCalls {
  std::string name;
  std::uint64_t calls = 0;
};

/// What this machine can do, measured with a stated number of threads.
struct Ceilings {
  double read_bandwidth = 0;  ///< bytes/s
  double int8_peak = 0;       ///< 8-bit multiply-adds/s
  double f32_peak = 0;        ///< f32 multiply-adds/s
  double bf16_peak = 0;       ///< multiply-adds/s of bf16 factors, summed in f32
};

/// A backend of the pipeline that could not be used for a case, and why.
struct Refusal {
  std::string backend;
  Reason reason;
};

/// What became of a case whose own backend could not be used and has a fallback.
struct Fallback {
  std::string ran_on;            ///< backend that ran instead; empty: none could
  std::vector<Refusal> refused;  ///< those tried before, the case's own first; empty: no fallback
};

enum class CaseStatus { kMeasured, kFail, kSkipped, kError };

struct CaseResult {
  std::string id;
  std::string suite;
  std::string backend;
  std::string device;                                     ///< id of the device that was selected
  std::vector<std::pair<std::string, std::string>> axes;  ///< in id order
  unsigned threads = 0;                                   ///< resolved number
  CaseStatus status = CaseStatus::kSkipped;
  Reason reason;
  std::map<std::string, StageResult> stages;  ///< load, quantize, compute, output
  std::vector<KernelCalls> kernels;
  std::map<std::string, Metric> metrics;  ///< "stage.name"
  std::optional<Ceilings> ceilings;       ///< sampled right beside this case
  std::string digest;                     ///< sha256 of the checked outputs
  std::string stderr_tail;                ///< of a worker that failed
  Fallback fallback;
};

/// An inconclusive gate is skipped too, with reason::kInconclusive: nothing but these three words
/// leaves the program.
enum class GateStatus { kPass, kFail, kSkipped };

/// One case under one gate.
struct GateCase {
  std::string id;
  GateStatus status = GateStatus::kSkipped;
  Reason reason;
  std::optional<double> value;  ///< the metric, or its ratio or change against the other arm
  std::string against;          ///< id of the other arm, if any
};

struct GateResult {
  std::string id;
  std::string metric;
  std::string require;  ///< as written
  bool required = true;
  bool blocking = true;  ///< whether a fail or skip of it keeps the verdict from pass, if required
  GateStatus status = GateStatus::kSkipped;
  Reason reason;
  std::optional<double> value;  ///< of the worst case
  std::optional<double> limit;  ///< the bound nearest to it
  std::string unit;             ///< of value and limit: the metric's, "x" or "%"
  std::vector<GateCase> cases;  ///< all that it covers, judged or not
};

enum class VerdictStatus { kPass, kFail, kSkipped };

/// Exit codes of the program; each verdict has one.
enum class ExitCode : int {
  kPass = 0,  ///< pass, or skipped by a declared guard or feature
  kFail = 1,
  kUsage = 2,  ///< usage or configuration
  kInconclusive = 3,
  kFault = 4,  ///< tooling or plugin fault, interrupted
  kNothingMeasured = 5,
};

struct Verdict {
  VerdictStatus status = VerdictStatus::kSkipped;
  Reason reason{reason::kNothingMeasured, ""};
  std::string route;
  ExitCode exit_code = ExitCode::kNothingMeasured;
};

struct PluginInfo {
  std::string id;
  std::string kind;  ///< "backend", "reporter"
  std::string version;
  std::string path;  ///< canonical
  std::string sha256;
  std::string abi;              ///< "1.0"
  std::string build;            ///< compiler and flags, as the plugin says
  std::string trusted_by = {};  ///< the --trust-dir that let it in; empty: its permissions did
};

/// The machine and its state; text keys to text, numbers already formatted with their unit.
struct Environment {
  std::vector<std::pair<std::string, std::string>> facts;  ///< "cpu.model", "kernel", …
  std::vector<std::string> warnings;                       ///< what may disturb a measurement
};

struct ToolInfo {
  std::string version;
  std::string git;
  std::string build;  ///< compiler, build type
};

struct PipelineInfo {
  std::string name;
  std::string gate;  ///< the gate's public id, "generative:gate:benchmarks"
  std::string path;
  std::string sha256;  ///< of the file's bytes
};

struct Receipt {
  ToolInfo tool;
  std::string started;  ///< RFC 3339 UTC
  std::string finished;
  std::vector<std::string> argv;
  bool interrupted = false;
  Environment environment;
  PipelineInfo pipeline;
  std::vector<PluginInfo> plugins;
  std::map<unsigned, Ceilings> ceilings;  ///< threads -> the best of the run
  std::vector<CaseResult> cases;
  std::vector<GateResult> gates;
  Verdict verdict;
};

}  // namespace bitgate

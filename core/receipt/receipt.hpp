// The result model: everything a run found out. Reporters see it as JSON (json.hpp), gates judge
// it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "receipt/context.hpp"
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
  std::string unit;  ///< "ns", "GB/s", "Gop/s", "tokens/s", "bytes", "1" (a share or a plain
                     ///< number), "count"
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

/// What the device's own clock says of a stage's samples: one number for each of samples_ns, none
/// at all in a part that the device does not tell. The parts follow each other, see
/// bg_device_times.
struct DeviceSamples {
  std::vector<std::uint64_t> queued_ns;
  std::vector<std::uint64_t> submitted_ns;
  std::vector<std::uint64_t> execution_ns;
};

/// What is known of one stage of one case. All times in nanoseconds of the host's monotonic clock,
/// but for `device_clock`.
struct StageResult {
  std::vector<std::uint64_t> samples_ns;  ///< raw: each the time of `repeat` executions
  std::uint64_t repeat = 1;               ///< executions in one sample, frozen after calibration
  std::uint64_t warmup_samples = 0;
  bool stationary = true;  ///< whether warm-up ended by its criterion and not by its cap
  std::string stopped_by;  ///< "precision", "max_time", "fixed"
  std::optional<Summary> summary;
  std::optional<DeviceSamples> device_clock;  ///< if the device has one of its own
  std::string reason;                         ///< why samples_ns is empty
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
  std::uint64_t cache = 0;    ///< bytes of the last-level caches
};

/// What came between a case and its cores while it was measured, as shares of the time that its
/// threads asked for: `waited` for a core that others had, `stolen` by the hypervisor.
struct Disturbance {
  double waited = 0;
  double stolen = 0;
};

/// One prompt with what the model made of it.
struct GeneratedAnswer {
  std::string prompt;  ///< empty if it was given as token ids
  std::string text;    ///< of the ids, without the token that ends it
  std::vector<std::int32_t> ids;
  std::optional<std::string> wanted = {};
  bool right = false;  ///< whether text is what is wanted
};

/// A part of the graph over all layers, as it was timed by itself.
struct OperationTime {
  std::string operation;  ///< "ffn_down", or several in a row: "attn_norm + attn_in"
  std::uint64_t count = 0;
  double ns = 0;  ///< of all of them, for one token
};

/// Where a part of the graph runs, over all layers.
struct PlacedOperation {
  std::string operation;  ///< "attn_q"
  std::string kind;       ///< "matmul"
  std::uint64_t count = 0;
  std::string backend;
  std::vector<std::string> prefill;  ///< kernels that ran for it
  std::vector<std::string> decode;
  std::string reason = {};  ///< why not on the case's own backend; empty: it does
};

/// A part of the graph that a backend lacks.
struct LackedOperation {
  std::string operation;  ///< "attn_q"
  std::string kind;       ///< "matmul"
  std::string reason;     ///< as the backend says
};

/// The read bandwidth as it was right before so many decode steps.
struct BandwidthProbe {
  double read_bandwidth = 0;  ///< bytes/s
  std::uint64_t steps = 0;    ///< of the decode stage's samples, in their order
};

/// What a case of op generate did.
struct GenerationInfo {
  std::string model;      ///< path, or name of the synthetic model
  std::string stored_as;  ///< format of its matrices
  std::uint64_t parameters = 0;
  std::uint64_t prompts = 0;
  std::uint64_t prompt_tokens = 0;         ///< of all prompts
  std::uint64_t timed_prompt_tokens = 0;   ///< of those that are timed
  std::uint64_t stored_bytes = 0;          ///< of all weights, as stored
  std::uint64_t operations_per_token = 0;  ///< multiply-adds of the ternary matrices
  std::uint64_t most_tokens = 0;           ///< that a prompt may be answered with
  std::uint64_t generated = 0;             ///< tokens of all answers
  std::uint64_t timed_prompts = 0;         ///< the first so many are timed, all are checked
  std::uint64_t text_tokens = 0;           ///< that perplexity is about
  std::uint64_t bytes_per_token = 0;  ///< of weights and caches that a step reads, in their formats
  /// The same in the backend's own layouts, if it tells.
  std::optional<std::uint64_t> resident_bytes_per_token = {};
  std::vector<BandwidthProbe> bandwidth;   ///< beside the timed steps; empty: they read from caches
  std::vector<PlacedOperation> placement;  ///< of a token, in order
  std::vector<GeneratedAnswer> answers;    ///< the first ones, and the first wrong ones
  std::vector<OperationTime> prefill_profile;  ///< of a prompt's step, from the first layer's parts
  std::vector<OperationTime> profile;          ///< of a decode step, the longest first
};

/// Where the numbers of a case of op benchmark come from: an outside command measured, or a file
/// has them and nobody knows who measured.
struct BenchmarkInfo {
  std::string name;                  ///< as the command calls it
  std::string tool;                  ///< whose results these are: "criterion", "json", …
  std::vector<std::string> command;  ///< that was run
  std::string directory;             ///< in which it was run
  std::uint64_t runs = 0;            ///< of the command; 0: none, the numbers were imported
  std::string source;                ///< file that held the results, or "stdout"
  std::string sha256;                ///< of the results as they were read, the last ones
  double amount = 0;                 ///< processed in one execution; 0: the command does not say
  std::string unit;                  ///< of the amount: "tokens", "items", "bytes"; empty if none
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

/// How many backends were passed over, by when they said no: as they were opened, or as the case's
/// operations were put to them.
struct FallbackCounts {
  std::uint64_t at_open = 0;
  std::uint64_t at_run = 0;
};
FallbackCounts fallback_counts(const Fallback& fallback);

enum class CaseStatus { kMeasured, kFail, kSkipped, kError };

/// What one attempt of the run added to a case or a comparison: samples by stage, or "rounds".
/// Nothing, where it was not tried again, or where a fault that may pass by itself ended it.
struct Attempt {
  std::map<std::string, std::uint64_t> added = {};
  std::string fault = {};  ///< in words; empty: none
};

struct CaseResult {
  std::string id;
  std::string suite;
  std::string backend;
  std::string device;                                     ///< id of the device that was selected
  std::vector<std::pair<std::string, std::string>> axes;  ///< in id order
  unsigned threads = 0;                                   ///< resolved number
  CaseStatus status = CaseStatus::kSkipped;
  Reason reason;
  std::map<std::string, StageResult> stages;  ///< load, quantize, compute, prefill, decode, output
  std::vector<KernelCalls> kernels;
  std::map<std::string, Metric> metrics;          ///< "stage.name"
  std::optional<Ceilings> ceilings;               ///< sampled right beside this case
  bool simulated = false;                         ///< the device is not real, so its times are none
  std::optional<Disturbance> disturbance;         ///< nothing where the system does not tell
  std::string digest;                             ///< sha256 of the checked outputs
  std::optional<GenerationInfo> generation = {};  ///< of op generate
  std::optional<BenchmarkInfo> benchmark = {};    ///< of op benchmark
  std::string stderr_tail;                        ///< of a worker that failed
  Fallback fallback = {};
  std::string requested = {};  ///< device that the backend asks for; empty: any
  std::vector<LackedOperation> lacks =
      {};  ///< of a model's graph, what its own backend does not have
  std::vector<std::string> detected = {};  ///< devices that its plugin has; empty: not asked
  std::vector<Attempt> attempts = {};  ///< by number; empty: it was tried once, and that went well
};

/// Both ends of an interval.
struct Span {
  double low = 0;
  double high = 0;
  bool operator==(const Span&) const = default;
};

/// One sample of each arm of a comparison, one after the other.
struct Round {
  std::string order;  ///< "BCN": the baseline, the candidate, the baseline's copy (null arm)
  std::uint64_t baseline_ns = 0;
  std::uint64_t candidate_ns = 0;
  std::uint64_t null_ns = 0;
  double stolen = 0;  ///< share of all cores' time that the hypervisor took meanwhile
};

/// A ratio of times over rounds: its median, and the 95 % interval of that from order statistics.
struct RatioSummary {
  double median = 1;
  Span interval;
};

/// What rounds amount to. All ratios are of times: candidate, or copy, over baseline.
struct ComparisonSummary {
  std::uint64_t dropped = 0;  ///< rounds left out, by the rules in measure/rounds.hpp
  RatioSummary ratio;
  RatioSummary null;  ///< what the machine makes of no difference
  Span bootstrap;     ///< 95 % BCa interval of the ratio of the arms' medians: shown beside `ratio`
};

/// Two cases measured in turns.
struct Comparison {
  std::string candidate;  ///< ids of the cases
  std::string baseline;
  CaseStatus status = CaseStatus::kSkipped;
  Reason reason;
  std::uint64_t seed = 0;    ///< of the order of the arms, and of the bootstrap
  std::uint64_t repeat = 1;  ///< executions in one sample of any arm
  std::vector<Round> rounds;
  std::optional<ComparisonSummary> summary;  ///< nothing without rounds
  std::vector<Attempt> attempts = {};        ///< as of a case
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
  std::optional<Span> interval =
      {};  ///< that 95 % of such samples give; nothing for an exact value
};

struct GateResult {
  std::string id;
  std::string metric;
  std::string require;  ///< as written
  bool required = true;
  bool blocking = true;  ///< whether a fail or skip of it keeps the verdict from pass, if required
  GateStatus status = GateStatus::kSkipped;
  Reason reason;
  std::optional<double> value;        ///< of the worst case
  std::optional<double> limit;        ///< the bound nearest to it
  std::string unit;                   ///< of value and limit: the metric's, "x" or "%"
  std::vector<GateCase> cases;        ///< all that it covers, judged or not
  std::optional<Span> interval = {};  ///< of the worst case
};

enum class VerdictStatus { kPass, kFail, kSkipped };

/// Exit codes of the program; each verdict has one.
enum class ExitCode : int {
  kPass = 0,  ///< pass, or skipped by a declared guard or scope
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

/// One kind of machine of a receipt that was merged from several.
struct Machine {
  std::string name;  ///< value of the axis `machine`
  Environment environment;
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
  std::string text;    ///< these bytes, so that the receipt can be verified without the file
  std::map<std::string, std::vector<std::string>> axes = {};  ///< replaced on the command line
  std::optional<std::uint64_t> seed = {};                     ///< likewise
  std::optional<std::uint64_t> tokens = {};                   ///< likewise
  std::vector<std::pair<std::string, std::string>> set = {};  ///< likewise: path, YAML
  std::string filter = {};           ///< that chose among the cases; empty: all
  std::string repository_path = {};  ///< of the .bitgate.yaml laid over the pipeline; empty if none
  std::string repository_text = {};
  std::string targets_path = {};  ///< of the targets that gates ask for; empty if none do
  std::optional<std::string> targets_text = {};  ///< nothing if the file was not there
  std::string shard = {};  ///< "2/3": the part of the cases that was run; empty: all
};

/// How often the run tried to tell what its gates ask, of how often it may (`retry` of the
/// pipeline): see Attempt for what each of them added.
struct Attempts {
  std::uint64_t made = 1;
  std::uint64_t most = 1;
};

struct Receipt {
  ToolInfo tool;
  std::string started;  ///< RFC 3339 UTC
  std::string finished;
  std::vector<std::string> argv;
  bool interrupted = false;
  Environment environment;
  /// Of a merge over several kinds of machines, by name: `environment` is then what all have in
  /// common. Empty: all is of one kind.
  std::vector<Machine> machines;
  PipelineInfo pipeline;
  std::optional<Context> context;  ///< nothing: nobody asked what it is about
  std::vector<PluginInfo> plugins;
  std::map<unsigned, Ceilings> ceilings;  ///< threads -> the best of the run; none of `machines`
  std::vector<CaseResult> cases;
  std::vector<Comparison> comparisons;
  std::vector<GateResult> gates;
  Verdict verdict;
  Attempts attempts = {};
};

}  // namespace bitgate

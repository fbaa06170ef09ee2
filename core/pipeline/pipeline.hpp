// A pipeline as read from YAML: what to run, how to sample it, which gates it must pass.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "gate/judge.hpp"
#include "gate/rule.hpp"
#include "measure/sampling.hpp"
#include "model/synthetic.hpp"
#include "oracle/codec.hpp"
#include "pipeline/guard.hpp"
#include "pipeline/node.hpp"
#include "pipeline/option_schema.hpp"
#include "pipeline/scope.hpp"

namespace bitgate {

struct BackendSpec {
  std::string name;
  std::string plugin;                 ///< plugin id, or a path starting with "./", "../" or "/"
  std::string device;                 ///< device id; empty: the plugin's default device
  std::string feature;                ///< runs only if this feature is on; empty: always
  std::vector<std::string> fallback;  ///< backends tried in order where this one can't be used
  nlohmann::json options = nlohmann::json::object();
  OptionPlaces option_places = {};
};

struct Shape {
  std::uint64_t rows = 0;  ///< outputs, M
  std::uint64_t cols = 0;  ///< inputs, K
  bool operator==(const Shape&) const = default;
};

enum class ComputeOp { kMatmul, kDequantize, kGenerate, kBenchmark };
enum class Cache { kCold, kHot };

/// Which model a generating suite loads, what it is asked, and what is looked at in its answers.
/// Paths are as written until read_pipeline makes them absolute.
struct GenerateSpec {
  std::filesystem::path model;  ///< a GGUF file; empty: synthetic
  std::string i2_s;             ///< layout of its I2_S tensors, where it does not say
  std::string synthetic;        ///< name of a synthetic model
  std::uint64_t layers = 0;     ///< of the synthetic model; 0: as many as it has

  /// One of the three asks: a file of prompts, prompts as token ids, or one prompt of so many
  /// seeded token ids.
  std::filesystem::path prompts;
  std::vector<std::vector<std::int32_t>> prompt_ids;
  std::uint64_t prompt_tokens = 0;
  std::uint64_t tokens = 128;  ///< most that a prompt is answered with

  /// What the model is to foretell, each line or list of ids by itself; neither: nothing.
  std::filesystem::path text;
  std::vector<std::vector<std::int32_t>> text_ids;

  bool check_answers = false;
  std::filesystem::path logits;  ///< NPY file for the logits of every step; empty: none
};

/// One Load→Quantize→Compute→Output sequence. The vectors are its axes.
struct SuiteSpec {
  std::string name;
  std::vector<std::string> backends;
  Values values = Values::kTernary;
  std::uint64_t seed = 42;
  std::vector<Shape> shape;
  std::vector<std::string> format;  ///< of the weights, see bitgate/formats.hpp
  oracle::Rounding rounding = oracle::Rounding::kTernary;
  ComputeOp op = ComputeOp::kMatmul;
  std::vector<std::uint64_t> batch{1};
  std::vector<unsigned> threads{0};  ///< 0: all
  std::vector<Cache> cache{Cache::kCold};
  /// Of op generate, which has the axes format and threads alone.
  std::optional<GenerateSpec> generate = {};
  /// Of op benchmark, which has this axis alone: names of what an outside command measures.
  std::vector<std::string> benchmark = {};
  bool imported = false;  ///< likewise: whether numbers that were imported count
};

struct Limits {
  std::chrono::nanoseconds step = std::chrono::seconds(60);  ///< deadline of one worker step
  std::uint64_t memory = 0;  ///< bytes a worker may allocate; 0: three quarters of the machine's
};

struct ReporterSpec {
  std::string plugin;
  nlohmann::json options = nlohmann::json::object();
  bool required = false;
  OptionPlaces option_places = {};  ///< empty: the reporter was named on the command line
  std::string file = {};            ///< where it was written; empty: in the pipeline
};

struct Pipeline {
  std::filesystem::path path;  ///< absolute
  std::string file;            ///< as it was named, for messages
  std::string sha256;
  std::string text;                                                  ///< of the file
  std::map<std::string, std::vector<std::string>> replaced_axes;     ///< on the command line
  std::optional<std::uint64_t> replaced_seed;                        ///< likewise
  std::optional<std::uint64_t> replaced_tokens;                      ///< likewise
  std::vector<std::pair<std::string, std::string>> replaced_values;  ///< likewise: path, YAML
  std::string repository_path;    ///< of the .bitgate.yaml that was laid over it; empty if none
  std::string repository_text;    ///< of that file
  std::filesystem::path targets;  ///< file of documented targets; empty: none is named
  std::optional<std::string> targets_text;  ///< of that file, if a gate asks for a target
  std::string name;
  std::string gate;
  std::optional<FlowGuard> guard;     ///< of the flow that it belongs to; none: it always runs
  std::vector<std::string> features;  ///< that are on
  Position features_at;               ///< where they are written; line 0: nowhere
  std::vector<ScopeRule> scope;       ///< what puts more features and suites on
  OutOfScope out_of_scope;            ///< what apply_scope found
  std::vector<std::string> issue_branches = usual_issue_branches();
  std::vector<BackendSpec> backends;
  std::vector<SuiteSpec> suites;
  Sampling sampling;
  Limits limits;
  std::uint64_t attempts = 1;  ///< that the run may make: one, and those that `retry` allows
  std::vector<Rule> gates;
  Routes routes;
  std::vector<ReporterSpec> reporters;
};

}  // namespace bitgate

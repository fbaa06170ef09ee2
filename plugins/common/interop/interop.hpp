// The documents of other benchmarking tools: read as times of one execution, and written from
// what a receipt says. Each format is one file here, with both directions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace interop {

using Json = nlohmann::ordered_json;

/// What a unit of a value makes of one execution. A time has no amount; a rate is an amount over
/// the time of it.
struct Unit {
  std::string_view name;
  double ns = 0;  ///< of one unit of time; 0: it is a rate
  double amount = 0;
  std::string_view of;  ///< "tokens", "items", "bytes"
};

std::span<const Unit> units();
/// nullptr if there is no such unit: nothing is guessed.
const Unit* find_unit(std::string_view name);

/// What a tool says of one of its benchmarks.
struct Measured {
  std::string name;
  std::vector<double> times_ns;  ///< of one execution, as measured
  double amount = 0;             ///< processed in one execution; 0: it does not say
  std::string unit;              ///< of the amount: "tokens", "items", "bytes"
  std::string failure;           ///< what the tool itself says went wrong with it
};

/// A number with its unit as a time of one execution, or as the amount that `unit` has over it.
void add_value(Measured& measured, const Unit& unit, double value);

/// The one of this name; nullptr if there is none.
Measured* find_measured(std::vector<Measured>& all, std::string_view name);
/// The one of this name, made if there is none: repetitions of a benchmark are rows of their own.
Measured& of_name(std::vector<Measured>& all, const std::string& name);

/// How a tool writes its documents, as far as they are read.
struct Format {
  std::string_view name;  ///< "hyperfine"
  /// Whether it looks like one: no two formats take the same document for theirs.
  bool (*is_one)(const Json&);
  /// Throws std::runtime_error, and nlohmann's exceptions, for a document that is not one.
  std::vector<Measured> (*read)(const Json&);
};

std::span<const Format> formats();
/// nullptr if there is no such format.
const Format* find_format(std::string_view name);
/// The format that a document is of; nullptr if it is of none.
const Format* recognized(const Json& document);

/// A JSON text, or one of JSON Lines as an array of them; discarded if it is neither.
Json parsed(std::string_view text);

// --- writing ---------------------------------------------------------------------------------

/// The times of one benchmark for a document, or why there are none.
struct Series {
  Measured measured;
  std::uint64_t repeat = 1;  ///< executions in one sample
  unsigned threads = 0;
};

/// One declared quantity of a benchmark.
struct Value {
  std::string benchmark;
  std::string metric;  ///< "compute.time"
  std::string unit;    ///< of a receipt
  double value = 0;
  std::optional<std::pair<double, double>> interval = {};  ///< that 95 % of such samples give
};

/// One phase of a model that answers: a prompt of so many tokens, or so many generated ones.
struct Phase {
  std::string model;
  std::string stored_as;  ///< format of its matrices
  std::uint64_t stored_bytes = 0;
  std::uint64_t parameters = 0;
  std::string backend;
  unsigned threads = 0;
  std::uint64_t prompt_tokens = 0;  ///< of a prompt, or 0
  std::uint64_t generated = 0;      ///< tokens, or 0
  std::vector<double> times_ns;
};

/// What all documents say of where their numbers come from.
struct Origin {
  std::string tool;  ///< "bitgate 0.1.0 (0123abc)"
  std::string git;
  std::string time;  ///< RFC 3339
  std::string processor;
  std::string build_type;
  unsigned cores = 0;  ///< 0: unknown
};

std::string google_benchmark_text(const Origin& origin, std::span<const Series> all);
std::string hyperfine_text(std::span<const Series> all);
std::string llama_bench_text(const Origin& origin, std::span<const Phase> all);
std::string bencher_text(std::span<const Value> all);
std::string github_action_text(std::span<const Value> all);

namespace google_benchmark {
bool is_one(const Json& document);
std::vector<Measured> read(const Json& document);
}  // namespace google_benchmark
namespace hyperfine {
bool is_one(const Json& document);
std::vector<Measured> read(const Json& document);
}  // namespace hyperfine
namespace llama_bench {
bool is_one(const Json& document);
std::vector<Measured> read(const Json& document);
}  // namespace llama_bench
namespace bencher {
bool is_one(const Json& document);
std::vector<Measured> read(const Json& document);
}  // namespace bencher
namespace github_action {
bool is_one(const Json& document);
std::vector<Measured> read(const Json& document);
}  // namespace github_action

}  // namespace interop

// A pipeline as read from YAML: what to run, how to sample it, which gates it must pass.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "gate/judge.hpp"
#include "gate/rule.hpp"
#include "measure/sampling.hpp"
#include "model/synthetic.hpp"
#include "oracle/codec.hpp"
#include "pipeline/option_schema.hpp"

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

enum class ComputeOp { kMatmul, kDequantize };
enum class Cache { kCold, kHot };

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
};

struct Pipeline {
  std::filesystem::path path;  ///< absolute
  std::string file;            ///< as it was named, for messages
  std::string sha256;
  std::string name;
  std::string gate;
  std::vector<std::string> features;
  std::vector<BackendSpec> backends;
  std::vector<SuiteSpec> suites;
  Sampling sampling;
  Limits limits;
  std::vector<Rule> gates;
  Routes routes;
  std::vector<ReporterSpec> reporters;
};

}  // namespace bitgate

#include <algorithm>

#include <fmt/format.h>

#include "pipeline/reader_parts.hpp"
#include "pipeline/units.hpp"

namespace bitgate {
namespace {

constexpr std::uint64_t kMostBatch = 65536;
constexpr std::uint64_t kMostThreads = 4096;
constexpr std::uint64_t kMostCases = 100'000;

std::optional<Shape> read_shape(const Value& value) {
  const auto text = value.text("a shape, e.g. 2560x6912");
  const auto shape = text ? parse_shape(*text) : std::nullopt;
  if (text && !shape) {
    value.error(fmt::format("must be ROWSxCOLUMNS, each from 1 to 1048576, e.g. 2560x6912, not {}",
                            in_quotes(*text)));
  }
  return shape;
}

std::optional<std::uint64_t> read_batch(const Value& value) { return value.integer(1, kMostBatch); }

std::optional<Cache> read_cache(const Value& value) {
  const auto word = value.word({"cold", "hot"});
  if (!word) return std::nullopt;
  return *word == "cold" ? Cache::kCold : Cache::kHot;
}

void read_load(const Value& load, SuiteSpec& suite) {
  if (!load.is_map("{source: synthetic, shape: 2560x2560}")) return;
  load.only_keys({"source", "values", "shape", "seed"});
  if (const auto source = load.require("source", "synthetic")) {
    if (source->node().scalar == "gguf") {
      source->error(
          "a model takes compute: {op: generate}; to measure single products write "
          "synthetic");
    } else {
      static_cast<void>(source->word({"synthetic"}));
    }
  }
  if (const auto values = load.get("values")) {
    suite.values =
        values->word({"ternary", "gaussian"}) == "gaussian" ? Values::kGaussian : Values::kTernary;
  }
  if (const auto shape = load.require("shape", "2560x2560")) {
    suite.shape = read_axis<Shape>(*shape, read_shape);
  }
  if (const auto seed = load.get("seed")) {
    suite.seed = seed->integer(0, UINT64_MAX).value_or(suite.seed);
  }
}

void read_quantize(const Value& quantize, SuiteSpec& suite) {
  suite.rounding =
      suite.values == Values::kTernary ? oracle::Rounding::kTernary : oracle::Rounding::kAbsmean;
  if (!quantize.is_map("{format: i2_s}")) return;
  quantize.only_keys({"format", "rounding"});
  if (const auto format = quantize.require("format", "i2_s")) {
    suite.format = read_axis<std::string>(
        *format, [](const Value& value) { return value.word(weight_formats()); });
  }
  const auto rounding = quantize.get("rounding");
  const auto word = rounding ? rounding->word({"ternary", "absmean"}) : std::nullopt;
  if (!word) return;
  suite.rounding = *word == "ternary" ? oracle::Rounding::kTernary : oracle::Rounding::kAbsmean;
  if (*word == "ternary" && suite.values == Values::kGaussian) {
    rounding->error(
        "is for weights that are ternary already; with load.values: gaussian write "
        "absmean");
  }
}

void read_compute(const Value& compute, SuiteSpec& suite) {
  if (!compute.is_map("{op: matmul, batch: [1, 128], threads: all}")) return;
  compute.only_keys({"op", "batch", "threads", "cache"});
  if (const auto op = compute.get("op")) {
    suite.op = op->word({"matmul", "dequantize", "generate", "benchmark"}) == "dequantize"
                   ? ComputeOp::kDequantize
                   : ComputeOp::kMatmul;
  }
  read_optional_axis(compute, "batch", suite.batch, read_batch);
  read_optional_axis(compute, "threads", suite.threads, read_threads);
  read_optional_axis(compute, "cache", suite.cache, read_cache);
  if (suite.op != ComputeOp::kDequantize) return;
  const bool batched = std::any_of(suite.batch.begin(), suite.batch.end(),
                                   [](std::uint64_t batch) { return batch != 1; });
  if (const auto batch = compute.get("batch"); batch && batched) {
    batch->error("op dequantize knows no batch but 1; take it out");
  }
  if (std::find(suite.format.begin(), suite.format.end(), "f32") != suite.format.end()) {
    compute.error("op dequantize needs a quantized format; take f32 out of quantize.format");
  }
}

std::vector<std::string> backend_names(std::span<const BackendSpec> backends) {
  std::vector<std::string> names;
  for (const BackendSpec& backend : backends) names.push_back(backend.name);
  return names;
}

}  // namespace

const std::vector<std::string>& weight_formats() {
  static const std::vector<std::string> all = {"f32", "f16", "bf16",  "t8",   "i2_s",
                                               "tl1", "tl2", "tq1_0", "tq2_0"};
  return all;
}

std::optional<unsigned> read_threads(const Value& value) {
  if (value.node().kind == Node::Kind::kScalar && value.node().scalar == "all") return 0U;
  if (value.node().kind != Node::Kind::kScalar || value.node().type() == Node::Type::kText) {
    value.error(fmt::format("must be all or an integer from 1 to {}, not {}", kMostThreads,
                            value.node().shown()));
    return std::nullopt;
  }
  const auto count = value.integer(1, kMostThreads);
  return count ? std::optional(static_cast<unsigned>(*count)) : std::nullopt;
}

SuiteSpec read_suite(const std::string& name, const Value& value,
                     std::span<const BackendSpec> backends) {
  SuiteSpec suite;
  suite.name = name;
  if (!value.is_map("{backends: […], load: {…}, quantize: {…}}")) return suite;
  value.only_keys({"backends", "load", "quantize", "compute", "output"});
  const std::vector<std::string> known = backend_names(backends);
  if (const auto list = value.require("backends", "[simd, scalar]")) {
    suite.backends = read_axis<std::string>(*list, [&](const Value& item) {
      std::optional<std::string> backend = item.text("the name of a backend");
      if (backend && std::find(known.begin(), known.end(), *backend) == known.end()) {
        item.error(fmt::format("no backend {}{}", in_quotes(*backend),
                               instead_of(*backend, known, "write it under 'backends'")));
        backend.reset();
      }
      return backend;
    });
  }
  if (is_generating(value.node())) {
    read_generating_suite(value, suite);
    return suite;
  }
  if (has_op(value.node(), "benchmark")) {
    read_benchmark_suite(value, suite);
    return suite;
  }
  if (const auto load = value.require("load", "{source: synthetic, shape: 2560x2560}")) {
    read_load(*load, suite);
  }
  if (const auto quantize = value.require("quantize", "{format: i2_s}")) {
    read_quantize(*quantize, suite);
  }
  if (const auto compute = value.get("compute")) read_compute(*compute, suite);
  if (const auto output = value.get("output"); output && output->is_map("{check: oracle}")) {
    output->only_keys({"check"});
    if (const auto check = output->get("check")) static_cast<void>(check->word({"oracle"}));
  }
  return suite;
}

void check_case_count(const Value& suites, std::span<const SuiteSpec> specs) {
  std::uint64_t cases = 0;
  for (const SuiteSpec& suite : specs) {
    std::uint64_t product = 1;
    const bool outside = suite.op == ComputeOp::kBenchmark;
    for (const std::size_t count :
         {suite.generate || outside ? 1 : suite.shape.size(),
          outside ? suite.benchmark.size() : suite.format.size(), suite.batch.size(),
          suite.threads.size(), suite.cache.size(), suite.backends.size()}) {
      if (__builtin_mul_overflow(product, count, &product)) product = UINT64_MAX;
    }
    if (__builtin_add_overflow(cases, product, &cases)) cases = UINT64_MAX;
  }
  if (cases > kMostCases) {
    suites.error(
        fmt::format("expand to {} cases, more than {}; shorten a list", cases, kMostCases));
  }
}

}  // namespace bitgate

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "pipeline/reader_parts.hpp"
#include "pipeline/units.hpp"

namespace bitgate {
namespace {

constexpr std::uint64_t kMostBatch = 65536;
constexpr std::uint64_t kMostThreads = 4096;
constexpr std::uint64_t kMostCases = 100'000;

bool is_word(const std::string& text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto rest = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  };
  return !text.empty() && text.size() <= 64 && letter(text.front()) &&
         std::all_of(text.begin(), text.end(), rest);
}

constexpr const char* kWordRule =
    "must begin with a letter and hold only letters, digits, '_', '-' and '.'";

/// An axis: one value or a list of different ones. `parse` gives nothing after noting an error.
template <class T, class Parse>
std::vector<T> read_axis(const Value& value, const Parse& parse) {
  std::vector<T> out;
  for (const Value& item : value.items()) {
    const std::optional<T> parsed = parse(item);
    if (!parsed) continue;
    if (std::find(out.begin(), out.end(), *parsed) != out.end()) {
      item.error(fmt::format("{} is in the list twice; take one out", item.node().kind_word()));
      continue;
    }
    out.push_back(*parsed);
  }
  return out;
}

template <class T, class Parse>
void read_optional_axis(const Value& owner, const char* key, std::vector<T>& out,
                        const Parse& parse) {
  if (const auto value = owner.get(key)) out = read_axis<T>(*value, parse);
}

std::optional<Shape> read_shape(const Value& value) {
  const auto text = value.text("a shape, e.g. 2560x6912");
  const auto shape = text ? parse_shape(*text) : std::nullopt;
  if (text && !shape) {
    value.error(fmt::format("must be ROWSxCOLUMNS, each from 1 to 1048576, e.g. 2560x6912, not '{}'",
                            *text));
  }
  return shape;
}

std::optional<std::uint64_t> read_batch(const Value& value) {
  const auto text = value.text("a batch size, e.g. 128");
  const auto batch = text ? parse_integer(*text) : std::nullopt;
  if (batch && *batch >= 1 && *batch <= kMostBatch) return batch;
  if (text) {
    value.error(fmt::format("must be an integer from 1 to {}, not '{}'", kMostBatch, *text));
  }
  return std::nullopt;
}

std::optional<unsigned> read_threads(const Value& value) {
  const auto text = value.text("a number of threads or all");
  if (text && *text == "all") return 0U;
  const auto count = text ? parse_integer(*text) : std::nullopt;
  if (count && *count >= 1 && *count <= kMostThreads) return static_cast<unsigned>(*count);
  if (text) value.error(fmt::format("must be all or an integer from 1 to {}, not '{}'", kMostThreads, *text));
  return std::nullopt;
}

std::optional<Cache> read_cache(const Value& value) {
  const auto word = value.word({"cold", "hot"});
  if (!word) return std::nullopt;
  return *word == "cold" ? Cache::kCold : Cache::kHot;
}

void read_load(const Value& load, SuiteSpec& suite) {
  if (!load.is_map("{source: synthetic, shape: 2560x2560}")) return;
  load.only_keys({"source", "values", "shape", "seed"});
  if (const auto source = load.require("source", "synthetic")) {
    static_cast<void>(source->word({"synthetic"}));
  }
  if (const auto values = load.get("values")) {
    suite.values = values->word({"ternary", "gaussian"}) == "gaussian" ? Values::kGaussian
                                                                       : Values::kTernary;
  }
  if (const auto shape = load.require("shape", "2560x2560")) {
    suite.shape = read_axis<Shape>(*shape, read_shape);
  }
  if (const auto seed = load.get("seed")) {
    const auto text = seed->text("an integer, e.g. 42");
    const auto number = text ? parse_integer(*text) : std::nullopt;
    if (text && !number) seed->error(fmt::format("must be an integer, e.g. 42, not '{}'", *text));
    suite.seed = number.value_or(suite.seed);
  }
}

void read_quantize(const Value& quantize, SuiteSpec& suite) {
  suite.rounding = suite.values == Values::kTernary ? oracle::Rounding::kTernary
                                                    : oracle::Rounding::kAbsmean;
  if (!quantize.is_map("{format: i2_s}")) return;
  quantize.only_keys({"format", "rounding"});
  if (const auto format = quantize.require("format", "i2_s")) {
    suite.format = read_axis<std::string>(
        *format, [](const Value& value) { return value.word({"f32", "i2_s"}); });
  }
  if (const auto rounding = quantize.get("rounding")) {
    suite.rounding = rounding->word({"ternary", "absmean"}) == "ternary"
                         ? oracle::Rounding::kTernary
                         : oracle::Rounding::kAbsmean;
  }
  if (suite.values == Values::kGaussian && suite.rounding == oracle::Rounding::kTernary) {
    quantize.error("rounding 'ternary' is for weights that are ternary already; with values: "
                   "gaussian write rounding: absmean");
  }
}

void read_compute(const Value& compute, SuiteSpec& suite) {
  if (!compute.is_map("{op: matmul, batch: [1, 128], threads: all}")) return;
  compute.only_keys({"op", "batch", "threads", "cache"});
  if (const auto op = compute.get("op")) {
    suite.op = op->word({"matmul", "dequantize"}) == "dequantize" ? ComputeOp::kDequantize
                                                                  : ComputeOp::kMatmul;
  }
  read_optional_axis(compute, "batch", suite.batch, read_batch);
  read_optional_axis(compute, "threads", suite.threads, read_threads);
  read_optional_axis(compute, "cache", suite.cache, read_cache);
  if (suite.op != ComputeOp::kDequantize) return;
  if (suite.batch != std::vector<std::uint64_t>{1}) {
    compute.error("op dequantize has no batch; take it out");
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

std::optional<std::string> read_name(const Value& value) {
  const auto text = value.text("a name, e.g. cpu");
  if (!text || is_word(*text)) return text;
  value.error(fmt::format("name '{}' {}", *text, kWordRule));
  return std::nullopt;
}

void check_key(const Value& value, const std::string& key) {
  if (!is_word(key)) value.error(fmt::format("name '{}' {}", key, kWordRule));
}

bool is_gate_id(const std::string& text) {
  const std::size_t first = text.find(':');
  const auto lower = [](const std::string& part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
  };
  constexpr std::string_view kMiddle = ":gate:";
  return first != std::string::npos && text.compare(first, kMiddle.size(), kMiddle) == 0 &&
         lower(text.substr(0, first)) && lower(text.substr(first + kMiddle.size()));
}

std::optional<std::chrono::nanoseconds> read_duration(const Value& value) {
  const auto text = value.text("a duration, e.g. 10s");
  const auto duration = text ? parse_duration(*text) : std::nullopt;
  if (text && !duration) {
    value.error(fmt::format("must be a positive number with ns, us, ms, s or min, e.g. 10s, not '{}'",
                            *text));
  }
  return duration;
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
        item.error(fmt::format("no backend '{}'{}; name one of `backends`", *backend,
                               did_you_mean(*backend, known)));
        backend.reset();
      }
      return backend;
    });
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
    // Each list holds at most as many values as a document has nodes, so this can't overflow 2^64
    // before the limit is seen.
    std::uint64_t product = 1;
    for (const std::size_t count : {suite.shape.size(), suite.format.size(), suite.batch.size(),
                                    suite.threads.size(), suite.cache.size(), suite.backends.size()}) {
      product = std::min(product * count, 10 * kMostCases);
    }
    cases += product;
  }
  if (cases > kMostCases) {
    suites.error(fmt::format("the suites expand to more than {} cases; shorten a list", kMostCases));
  }
}

}  // namespace bitgate

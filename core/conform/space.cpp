#include "conform/space.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <array>
#include <random>
#include <stdexcept>

#include <fmt/format.h>

#include "conform/transformer_cases.hpp"
#include "model/synthetic.hpp"
#include "oracle/registry.hpp"

namespace bitgate::conform {
namespace {

constexpr std::array<std::string_view, 9> kWeightPatterns = {
    "random",    "minus-one", "zero",      "plus-one", "alternating",
    "positions", "sparse-33", "sparse-66", "gaussian"};
constexpr std::array<std::string_view, 6> kActivationPatterns = {
    "random", "plus-127", "minus-127", "minus-128", "zero", "alternating"};

bool holds(std::string_view format, Extent shape) {
  return formats::byte_size(format, shape.rows, shape.cols).has_value();
}

void add(std::vector<Extent>& list, Extent shape) {
  if (std::find(list.begin(), list.end(), shape) == list.end()) list.push_back(shape);
}

std::string kind_of(const std::string& op) { return op.substr(0, op.find('/')); }

std::vector<std::uint64_t> batches(const Row& row) {
  if (kind_of(row.op) == "matmul") return {1, 2, 3, 5, 17};
  return {1};
}

/// Words of patterns for weights that the row's rule is made for.
std::vector<std::string> patterns(const Row& row) {
  std::vector<std::string> out;
  const bool real =
      row.op == "quantize/absmean" || row.op == "quantize/absmax" || formats::is_float(row.format);
  for (const std::string_view pattern : kWeightPatterns) {
    if (pattern != "gaussian" || real) out.emplace_back(pattern);
  }
  return out;
}

std::mt19937_64 engine(std::uint64_t seed, std::uint64_t stream) {
  std::seed_seq mixed{seed, seed >> 32, stream, stream >> 32};
  return std::mt19937_64(mixed);
}

template <class T, std::size_t N>
const T& pick(std::mt19937_64& random, const std::array<T, N>& list) {
  return list[random() % N];
}

std::int8_t ternary_at(std::string_view pattern, std::uint64_t index, std::mt19937_64& random) {
  if (pattern == "minus-one") return -1;
  if (pattern == "zero") return 0;
  if (pattern == "plus-one") return 1;
  if (pattern == "alternating") return index % 2 == 0 ? 1 : -1;
  if (pattern == "positions") {
    // Base-3 digits' sum of the index: neighbours at every distance differ somewhere.
    std::uint64_t sum = 0;
    for (std::uint64_t rest = index; rest > 0; rest /= 3) sum += rest % 3;
    return static_cast<std::int8_t>(static_cast<int>(sum % 3) - 1);
  }
  const unsigned zeros = pattern == "sparse-33" ? 33 : pattern == "sparse-66" ? 66 : 0;
  const std::uint64_t draw = random();
  if (pattern == "random" || pattern == "gaussian") {
    return static_cast<std::int8_t>(static_cast<int>(draw % 3) - 1);
  }
  if (draw % 100 < zeros) return 0;
  return (draw >> 32) % 2 == 0 ? 1 : -1;
}

}  // namespace

std::vector<Row> rows() {
  std::vector<Row> out;
  for (const oracle::Codec& codec : oracle::codecs()) {
    const std::string format(codec.format);
    for (const char* op :
         {"quantize/ternary", "quantize/absmean", "dequantize", "matmul", "matmul/scaled"}) {
      out.push_back({op, format});
    }
  }
  out.push_back({"quantize/absmax", std::string(formats::kI8)});
  out.push_back({"dequantize", std::string(formats::kI8)});
  for (const std::string_view half : {formats::kF16, formats::kBF16}) {
    for (const char* op : {"quantize/nearest", "dequantize", "matmul", "matmul/mixed"}) {
      out.push_back({op, std::string(half)});
    }
  }
  out.push_back({"matmul", std::string(formats::kF32)});
  const std::vector<Row> others = transformer_rows();
  out.insert(out.end(), others.begin(), others.end());
  return out;
}

std::vector<Row> rows(std::string_view kind) {
  std::vector<Row> out = rows();
  std::erase_if(out, [&](const Row& row) { return kind_of(row.op) != kind; });
  return out;
}

std::vector<std::string> tensor_formats() {
  std::vector<std::string> out = {std::string(formats::kF32), std::string(formats::kI32),
                                  std::string(formats::kI8), std::string(formats::kF16),
                                  std::string(formats::kBF16)};
  for (const oracle::Codec& codec : oracle::codecs()) out.emplace_back(codec.format);
  return out;
}

Extent block_of(std::string_view format) {
  for (const std::uint64_t rows : {1, 2, 3, 4, 8, 16, 32, 64, 128, 256}) {
    for (std::uint64_t cols = 1; cols <= 8192; ++cols) {
      if (holds(format, {rows, cols})) return {rows, cols};
    }
  }
  throw std::logic_error(fmt::format("no shape that {} holds", format));
}

std::vector<Extent> edge_shapes(std::string_view format) {
  const auto [r, c] = block_of(format);
  std::vector<Extent> out;
  for (const Extent shape : {Extent{r, c}, Extent{3 * r, c}, Extent{r, 3 * c}, Extent{5 * r, 2 * c},
                             Extent{33 * r, c}, Extent{16 * r, 5 * c}, Extent{2, 31},
                             Extent{4, 127}, Extent{3, 128}, Extent{5, 129}, Extent{1, 1023}}) {
    if (holds(format, shape)) add(out, shape);
  }
  return out;
}

std::vector<Extent> impossible_shapes(std::string_view format) {
  const auto [r, c] = block_of(format);
  std::vector<Extent> out;
  for (const Extent shape : {Extent{r, c - 1}, Extent{r, c + 1}, Extent{r, 1}, Extent{r + 1, c},
                             Extent{3 * r, 2 * c + 1}}) {
    if (shape.cols > 0 && !holds(format, shape)) add(out, shape);
  }
  return out;
}

std::span<const std::string_view> weight_patterns() { return kWeightPatterns; }
std::span<const std::string_view> activation_patterns() { return kActivationPatterns; }

std::vector<std::int8_t> weight_codes(const NumericCase& what) {
  std::mt19937_64 random = engine(what.seed, 0);
  std::vector<std::int8_t> out(what.rows * what.cols);
  for (std::uint64_t i = 0; i < out.size(); ++i) out[i] = ternary_at(what.weights, i, random);
  return out;
}

std::vector<float> weight_values(const NumericCase& what) {
  std::vector<float> out(what.rows * what.cols);
  if (what.weights == "gaussian") {
    fill_weights(out, Values::kGaussian, what.seed);
    return out;
  }
  const std::vector<std::int8_t> codes = weight_codes(what);
  std::transform(codes.begin(), codes.end(), out.begin(),
                 [](std::int8_t code) { return static_cast<float>(code) * kWeightScale; });
  return out;
}

std::vector<std::int8_t> activation_codes(const NumericCase& what, std::uint64_t variant) {
  std::vector<std::int8_t> out(what.batch * what.cols);
  if (what.activations == "random") {
    fill_activations(out, what.seed, variant);
    return out;
  }
  for (std::uint64_t i = 0; i < out.size(); ++i) {
    if (what.activations == "plus-127") out[i] = 127;
    if (what.activations == "minus-127") out[i] = -127;
    if (what.activations == "minus-128") out[i] = -128;
    if (what.activations == "alternating") out[i] = i % 2 == 0 ? 127 : -128;
  }
  return out;
}

std::vector<NumericCase> edge_cases(const Row& row, std::uint64_t seed) {
  if (is_transformer(row.op)) return transformer_edge_cases(row, seed);
  std::vector<NumericCase> out;
  std::vector<Extent> shapes = edge_shapes(row.format);
  for (const Extent shape : shapes) {
    for (const std::uint64_t batch : batches(row)) {
      if (row.op == "matmul/scaled" || row.op == "matmul/mixed") {
        // What the values do is matmul's to show; here it is the scales and the formats.
        out.push_back(
            {row.op, row.format, shape.rows, shape.cols, batch, "random", "random", 1, seed});
        continue;
      }
      for (const std::string& weights : patterns(row)) {
        out.push_back(
            {row.op, row.format, shape.rows, shape.cols, batch, weights, "random", 1, seed});
      }
      if (row.op != "matmul") continue;
      for (const std::string_view activations : kActivationPatterns) {
        if (activations == "random") continue;
        out.push_back({row.op, row.format, shape.rows, shape.cols, batch, "random",
                       std::string(activations), 1, seed});
      }
    }
  }
  if (row.op != "matmul") return out;
  // Sums as large as they get: narrow accumulators wrap here and nowhere else. 8640 is the width of
  // a published model that is no multiple of common blocks.
  for (const Extent shape :
       {Extent{4, 2560}, Extent{4, 4096}, Extent{4, 6912}, Extent{4, 8640}, Extent{256, 2560}}) {
    if (!holds(row.format, shape)) continue;
    for (const char* weights : {"plus-one", "minus-one"}) {
      for (const char* activations : {"plus-127", "minus-128"}) {
        for (const std::uint64_t batch : {1, 2}) {
          out.push_back(
              {row.op, row.format, shape.rows, shape.cols, batch, weights, activations, 1, seed});
        }
      }
    }
  }
  return out;
}

std::vector<NumericCase> few_cases(const Row& row, std::uint64_t seed) {
  if (is_transformer(row.op)) return transformer_few_cases(row, seed);
  std::vector<NumericCase> out;
  const std::vector<Extent> shapes = edge_shapes(row.format);
  for (const std::size_t index : {std::size_t{0}, std::size_t{3}, std::size_t{4}, std::size_t{5}}) {
    if (index >= shapes.size()) break;
    for (const std::uint64_t batch : batches(row)) {
      out.push_back({row.op, row.format, shapes[index].rows, shapes[index].cols, batch, "random",
                     "random", 1, seed});
    }
  }
  return out;
}

std::vector<NumericCase> big_case(const Row& row, std::uint64_t seed) {
  if (is_transformer(row.op)) return {transformer_big_case(row, seed)};
  if (!holds(row.format, {2560, 6912})) return {};
  return {{row.op, row.format, 2560, 6912, 1, "random", "random", 1, seed}};
}

NumericCase random_case(std::uint64_t seed, std::uint64_t index, unsigned units) {
  std::mt19937_64 random = engine(seed, index + 1);
  const std::vector<Row> all = rows();
  const Row& row = all[random() % all.size()];
  const auto threads = static_cast<unsigned>(1 + random() % std::max(units, 1U));
  if (is_transformer(row.op)) {
    const std::array<std::uint64_t, 4> numbers = {random(), random(), random(), random()};
    return transformer_random_case(row, numbers[0], numbers[1], numbers[2], numbers[3], threads);
  }
  const auto [r, c] = block_of(row.format);
  NumericCase out{row.op, row.format, r, c, 1, "random", "random", threads, random()};
  const Extent wanted{r * (1 + random() % 80),
                      c == 1 ? 1 + random() % 2048 : c * (1 + random() % 24)};
  if (holds(row.format, wanted)) {
    out.rows = wanted.rows;
    out.cols = wanted.cols;
  }
  const std::vector<std::string> fitting = patterns(row);
  out.weights = fitting[random() % fitting.size()];
  if (kind_of(row.op) == "matmul") {
    out.batch = 1 + random() % 33;
    out.activations = std::string(pick(random, kActivationPatterns));
  }
  return out;
}

}  // namespace bitgate::conform

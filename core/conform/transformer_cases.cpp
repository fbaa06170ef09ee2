#include "conform/transformer_cases.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace bitgate::conform {
namespace {

constexpr std::array<std::string_view, 5> kElementwise = {"rms_norm", "relu2_gate", "silu_gate",
                                                          "add", "argmax"};
constexpr std::array<std::string_view, 3> kPositions = {"first", "last", "scattered"};

std::string_view kind_of(std::string_view op) { return op.substr(0, op.find('/')); }

bool is_elementwise(std::string_view op) {
  return std::find(kElementwise.begin(), kElementwise.end(), op) != kElementwise.end();
}

NumericCase shaped(const Row& row, std::uint64_t rows, std::uint64_t cols, std::uint64_t batch,
                   const char* values, std::uint64_t seed) {
  return {row.op, row.format, rows, cols, batch, values, "random", 1, seed};
}

std::vector<Extent> shapes(std::string_view op) {
  if (is_elementwise(op)) {
    return {{1, 1}, {1, 128}, {2, 15}, {3, 17}, {5, 640}, {33, 64}, {2, 2561}, {1, 20000}};
  }
  if (kind_of(op) == "rope") return {{1, 1}, {1, 64}, {2, 15}, {3, 17}, {7, 64}, {33, 8}};
  if (kind_of(op) == "embed") return {{1, 1}, {3, 17}, {100, 128}, {9, 2561}};
  return {{1, 1}, {2, 15}, {70, 64}, {130, 33}};  // rows of the cache, size of a head
}

/// Ids or tokens, none of them more than a cache has rows.
std::vector<std::uint64_t> batches(std::string_view op, std::uint64_t rows) {
  if (kind_of(op) == "embed") return {1, 2, 5};
  if (kind_of(op) != "attention") return {1};
  std::vector<std::uint64_t> out;
  for (const std::uint64_t batch : {1, 2, 37, 130}) {
    if (batch <= rows) out.push_back(batch);
  }
  return out;
}

}  // namespace

bool is_transformer(std::string_view op) {
  const std::string_view kind = kind_of(op);
  return is_elementwise(kind) || kind == "embed" || kind == "rope" || kind == "attention";
}

std::vector<Row> transformer_rows() {
  const std::string f32(formats::kF32);
  std::vector<Row> out;
  for (const std::string_view format : {formats::kF32, formats::kF16, formats::kBF16}) {
    out.push_back({"embed", std::string(format)});
  }
  for (const std::string_view op : kElementwise) out.push_back({std::string(op), f32});
  for (const std::string_view positions : kPositions) {
    for (const char* heads : {"1", "5"}) {
      out.push_back({fmt::format("rope/{}/{}", heads, positions), f32});
    }
    for (const char* heads : {"1-1", "6-2", "8-8"}) {
      for (const std::string_view format : {formats::kF32, formats::kF16}) {
        out.push_back({fmt::format("attention/{}/{}", heads, positions), std::string(format)});
      }
    }
  }
  return out;
}

std::vector<NumericCase> transformer_edge_cases(const Row& row, std::uint64_t seed) {
  std::vector<NumericCase> out;
  for (const Extent shape : shapes(row.op)) {
    for (const std::uint64_t batch : batches(row.op, shape.rows)) {
      for (const char* values : {"random", "gaussian", "zero", "alternating"}) {
        out.push_back(shaped(row, shape.rows, shape.cols, batch, values, seed));
      }
    }
  }
  return out;
}

std::vector<NumericCase> transformer_few_cases(const Row& row, std::uint64_t seed) {
  std::vector<NumericCase> out;
  const std::vector<Extent> all = shapes(row.op);
  for (const std::size_t index : {std::size_t{0}, std::size_t{2}, std::size_t{3}}) {
    const std::vector<std::uint64_t> counts = batches(row.op, all[index].rows);
    out.push_back(shaped(row, all[index].rows, all[index].cols, counts.back(), "random", seed));
  }
  return out;
}

NumericCase transformer_big_case(const Row& row, std::uint64_t seed) {
  if (is_elementwise(row.op)) return shaped(row, 16, 6912, 1, "random", seed);
  if (kind_of(row.op) == "rope") return shaped(row, 64, 64, 1, "random", seed);
  if (kind_of(row.op) == "embed") return shaped(row, 4096, 2560, 16, "random", seed);
  return shaped(row, 512, 128, 64, "random", seed);
}

NumericCase transformer_random_case(const Row& row, std::uint64_t rows, std::uint64_t cols,
                                    std::uint64_t batch, std::uint64_t seed, unsigned threads) {
  NumericCase out = shaped(row, 1 + rows % 300, 1 + cols % 300, 1, "random", seed);
  const bool several = kind_of(row.op) == "embed" || kind_of(row.op) == "attention";
  if (several) out.batch = 1 + batch % std::min<std::uint64_t>(out.rows, 40);
  out.threads = threads;
  return out;
}

std::vector<std::size_t> in_place_inputs(std::string_view op) {
  const std::string_view kind = kind_of(op);
  if (kind == "rms_norm" || kind == "rope") return {0};
  if (kind == "relu2_gate" || kind == "silu_gate" || kind == "add") return {0, 1};
  return {};
}

}  // namespace bitgate::conform

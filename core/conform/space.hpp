// What the host can check: operations on formats, and the shapes and values worth trying.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conform/numeric_case.hpp"

namespace bitgate::conform {

/// An operation with the format of its weights, or of what it quantizes to: "matmul" of "i2_s",
/// "quantize/absmean" to "i2_s".
struct Row {
  std::string op;
  std::string format;
};

/// Every operation on every format that the oracle can judge. New formats come in through
/// oracle::codecs().
std::vector<Row> rows();
/// Those whose operation is of this kind: "quantize", "dequantize", "matmul".
std::vector<Row> rows(std::string_view kind);

/// Every format that tensors can have.
std::vector<std::string> tensor_formats();

struct Extent {
  std::uint64_t rows;
  std::uint64_t cols;

  bool operator==(const Extent&) const = default;
};

/// The smallest shape that the format holds: its block.
Extent block_of(std::string_view format);
/// One row, odd numbers of rows, one block, one less, one more, several: those that the format
/// holds. The first ones are the smallest.
std::vector<Extent> edge_shapes(std::string_view format);
/// Neighbours of a block that the format can't hold, if any.
std::vector<Extent> impossible_shapes(std::string_view format);

/// "minus-one", "zero", "plus-one", "alternating", "positions" (any permutation shows),
/// "sparse-33", "sparse-66", "random", and for rules that take real weights "gaussian".
std::span<const std::string_view> weight_patterns();
/// "random", "plus-127", "minus-127", "minus-128", "zero", "alternating".
std::span<const std::string_view> activation_patterns();

/// Ternary codes of a pattern ("gaussian" as "random").
std::vector<std::int8_t> weight_codes(const NumericCase& what);
/// Real weights: codes times 1/64, or normal numbers.
std::vector<float> weight_values(const NumericCase& what);
/// batch x cols int8 codes; `variant` gives other random ones.
std::vector<std::int8_t> activation_codes(const NumericCase& what, std::uint64_t variant);

inline constexpr float kWeightScale = 1.0F / 64;

/// All edge shapes with all patterns.
std::vector<NumericCase> edge_cases(const Row& row, std::uint64_t seed);
/// A few shapes with random values.
std::vector<NumericCase> few_cases(const Row& row, std::uint64_t seed);
/// 2560x6912, once.
std::vector<NumericCase> big_case(const Row& row, std::uint64_t seed);
/// Number `index` of an endless list, for fuzzing; `units`: threads that a session can have.
NumericCase random_case(std::uint64_t seed, std::uint64_t index, unsigned units);

}  // namespace bitgate::conform

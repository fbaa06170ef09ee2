// The operations of a transformer as numeric cases. What a case's shape means, for each word of
// NumericCase::op:
//
//   embed                a table of rows x cols in the case's format, `batch` ids
//   rms_norm, relu2_gate, silu_gate, add, argmax      rows x cols of f32
//   rope/H/POSITIONS     `rows` tokens, H heads of `cols` planes
//   attention/N-G/POSITIONS      `batch` tokens, N heads of `cols` columns, G of keys and values, a
//                        cache of `rows` rows in the case's format
//
// POSITIONS: "first" (0, 1, …), "last" (up to the last one there is), "scattered" (falling, with
// gaps). NumericCase::weights says what the first operand holds, the others are random.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "conform/materials.hpp"
#include "conform/space.hpp"

namespace bitgate::conform {

/// Whether a word of NumericCase::op is one of these.
bool is_transformer(std::string_view op);

std::vector<Row> transformer_rows();

/// Edge shapes, positions and values; few of them; one of a real model's size.
std::vector<NumericCase> transformer_edge_cases(const Row& row, std::uint64_t seed);
std::vector<NumericCase> transformer_few_cases(const Row& row, std::uint64_t seed);
NumericCase transformer_big_case(const Row& row, std::uint64_t seed);
/// The case of these five random numbers.
NumericCase transformer_random_case(const Row& row, std::uint64_t rows, std::uint64_t cols,
                                    std::uint64_t batch, std::uint64_t seed, unsigned threads);

worker::OpSpec transformer_operation(const NumericCase& what);

/// As materials(); a variant has another last operand and the same others.
Materials transformer_materials(const NumericCase& what, std::uint64_t variant);

/// The inputs in whose place the output may be, by index.
std::vector<std::size_t> in_place_inputs(std::string_view op);

}  // namespace bitgate::conform

// The judge's own arithmetic of what a transformer takes besides products of matrices, as abi.h
// defines it at bg_op: in double, each with a bound that any correctly written f32 implementation
// keeps. t tokens, one a row; everything is row-major.
//
// Bounds are sums of roundings, u = 2^-24 each. Where n numbers are summed, min(n, 8 sqrt(n)) u
// stand for the n u of any order, as in matmul_half. Every bound has 2^-126 on top, the smallest
// normal number, for devices that flush smaller ones to zero.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "oracle/codec.hpp"
#include "oracle/matmul.hpp"

namespace bitgate::oracle {

/// Ternary w [m,k] times i8 x [b,k] to f32 y [b,m]. With one scale of w there is one right answer,
/// so the bound is 0; with block scales the blocks may be added in any order. Throws
/// std::invalid_argument if the columns differ.
Bounded matmul_scaled(const Ternary& w, const Int8& x);

/// y [t,d], rows of table [v,d]: exact. Throws std::out_of_range for an id that is not in 0 … v-1.
std::vector<float> embed(std::span<const float> table, std::span<const std::int32_t> ids,
                         std::uint64_t cols);

/// x [t,d], weight [1,d]. Throws std::invalid_argument if x is no rows of weight's size.
Bounded rms_norm(std::span<const float> x, std::span<const float> weight, double epsilon);

/// x [t,heads*h], of which `positions` says t. An angle in f32 has been rounded several times, so
/// the bound grows with it. Throws std::invalid_argument if x is no t rows of `heads` even heads.
Bounded rope(std::span<const float> x, std::span<const std::int32_t> positions, std::uint64_t heads,
             double base);

/// max(gate, 0)^2 * up, gate / (1 + exp(-gate)) * up, and a + b. Throw std::invalid_argument for
/// different sizes.
Bounded relu2_gate(std::span<const float> gate, std::span<const float> up);
Bounded silu_gate(std::span<const float> gate, std::span<const float> up);
Bounded add(std::span<const float> a, std::span<const float> b);

/// The first of the largest in each row of `cols`. Exact.
std::vector<std::int32_t> argmax(std::span<const float> x, std::uint64_t cols);

/// Rows of keys and values that attention sees and adds to: [c, kv_heads*h] each, as numbers. Those
/// of an f16 cache are numbers that f16 has.
struct Cache {
  std::vector<float> keys;
  std::vector<float> values;
  bool half = false;  ///< rounds to f16 what comes in
};

struct AttentionShape {
  std::uint64_t heads = 1;     ///< of q
  std::uint64_t kv_heads = 1;  ///< of keys and values, divides heads
  std::uint64_t head_size = 1;
};

/// q [t,heads*h], k and v [t,kv_heads*h], `positions` says t; the cache gets k and v first. Throws
/// std::invalid_argument for sizes that do not fit, std::out_of_range for a position that the cache
/// does not have.
Bounded attention(std::span<const float> q, std::span<const float> k, std::span<const float> v,
                  std::span<const std::int32_t> positions, const AttentionShape& shape,
                  Cache& cache);

}  // namespace bitgate::oracle

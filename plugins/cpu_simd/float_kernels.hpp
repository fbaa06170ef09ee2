// Kernels on floats that a transformer takes besides its ternary products: plain functions over
// plain memory, as in kernel_table.hpp.
//
// Every implementation gives the same bits. Sums have 16 partial sums, number j of which takes the
// elements j, j + 16, …, one after the other with a fused multiply-add; then j and j + 8 are added,
// j and j + 4, and so on. A matrix times one row has four such sums, which take 16 elements each in
// turn and are added by twos. lanes/ has 16 such lanes for every instruction set, and the kernels
// are written once, over them.
#pragma once

#include "kernel_table.hpp"

namespace cpu_simd {

/// Rows [begin, end) of f32, f16 or bf16 weights times f32 activations; otherwise MatmulHalf.
template <class T>
using MixedMatmul = void(const T* w, const float* x, size_t cols, size_t begin, size_t end,
                         size_t batch, float* y, size_t stride);

/// y = sum * scale, of int32 sums that may lie where y does.
using ScaleSums = void(const int32_t* sums, size_t count, float scale, float* y);

/// One row: y = x / sqrt(mean(x^2) + epsilon) * weight.
using RmsNorm = void(const float* x, const float* weight, size_t cols, float epsilon, float* y);

/// One row of `heads` heads of 2 `half` columns; the cosines and sines of its position.
using Rope = void(const float* x, size_t heads, size_t half, const float* cosines,
                  const float* sines, float* y);

/// y = max(gate, 0)^2 * up, y = gate / (1 + exp(-gate)) * up, and y = a + b.
using Binary = void(const float* a, const float* b, size_t count, float* y);

/// The first of the largest.
using ArgMax = size_t(const float* x, size_t count);

/// Some queries of the heads that share a head of keys and values.
struct AttentionTask {
  const float* q;  ///< the first of the heads, for the first query
  float* y;
  size_t row_stride;         ///< from query to query, of q and y
  const int32_t* positions;  ///< of the queries
  size_t queries;
  size_t heads;
  size_t head_size;
  const void* keys;  ///< row 0 of the cache at this head, f32 or f16
  const void* values;
  size_t cache_stride;  ///< elements from row to row
  float* scratch;       ///< attention_scratch() floats, aligned to 64 bytes
  /// Of one query alone: only these rows of the cache are looked at, first < end, and
  /// attention_part floats get what merge_attention makes y of. nullptr: y gets it all.
  float* part = nullptr;
  size_t first = 0;
  size_t end = 0;
};

inline constexpr size_t kAttentionRows = 128;  ///< most of queries * heads, unless heads is more
inline constexpr size_t kAttentionKeys = 64;   ///< rows of the cache that are looked at together

constexpr size_t padded_to_lanes(size_t count) { return (count + 15) / 16 * 16; }

/// Rows of queries and of sums, keys and values of a block, scores, four numbers for each row.
constexpr size_t attention_scratch(size_t rows, size_t head_size) {
  const size_t width = padded_to_lanes(head_size);
  return 2 * (rows + kAttentionKeys) * width + rows * kAttentionKeys + 4 * padded_to_lanes(rows);
}

/// What a part leaves: sums of the heads, the largest score of each, and the sum of its weights.
constexpr size_t attention_part(size_t heads, size_t head_size) {
  return heads * padded_to_lanes(head_size) + 2 * padded_to_lanes(heads);
}

/// y = softmax(q.keys / sqrt(head_size)).values over rows 0 … position of the cache, by blocks of
/// kAttentionKeys: each one's weights are relative to the largest score so far, and what was summed
/// before is scaled when that grows.
using Attention = void(const AttentionTask& task);
/// y of `heads` heads from `count` parts, one behind the other, in the order of their rows.
using MergeAttention = void(const float* parts, size_t count, size_t heads, size_t head_size,
                            float* y);

struct FloatKernels {
  const char* isa;
  MixedMatmul<float>* matmul_f32;
  MixedMatmul<uint16_t>* matmul_f16;
  MixedMatmul<uint16_t>* matmul_bf16;
  ScaleSums* scale_sums;
  RmsNorm* rms_norm;
  Rope* rope;
  Binary* relu2_gate;
  Binary* silu_gate;
  Binary* add;
  ArgMax* argmax;
  Attention* attention_f32;
  Attention* attention_f16;
  MergeAttention* merge_attention;
};

extern const FloatKernels kScalarFloats;
#if defined(__x86_64__)
extern const FloatKernels kAvx2Floats;
extern const FloatKernels kAvx512Floats;
#elif defined(__aarch64__)
extern const FloatKernels kNeonFloats;
#endif

}  // namespace cpu_simd

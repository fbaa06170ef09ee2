// bf16 matmul by vdpbf16ps, which adds two products to each f32 lane.
#include <immintrin.h>

#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

constexpr const char* kIsa = "avx512bf16";

__m512bh load(__mmask32 mask, const uint16_t* at) {
  return reinterpret_cast<__m512bh>(_mm512_maskz_loadu_epi16(mask, at));
}

/// R rows times C columns of activations.
template <int R, int C>
void block(const uint16_t* w, const uint16_t* x, size_t cols, float* y, size_t stride) {
  __m512 sums[R][C] = {};
  for (size_t k = 0; k < cols; k += 32) {
    const __mmask32 mask = k + 32 <= cols ? ~__mmask32{0} : (__mmask32{1} << (cols - k)) - 1;
    __m512bh values[C];
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) values[c] = load(mask, x + c * cols + k);
#pragma GCC unroll 6
    for (int r = 0; r < R; ++r) {
      const __m512bh weights = load(mask, w + r * cols + k);
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) sums[r][c] = _mm512_dpbf16_ps(sums[r][c], weights, values[c]);
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < C; ++c) y[c * stride + r] = _mm512_reduce_add_ps(sums[r][c]);
  }
}

template <int R>
void rows(const uint16_t* w, const uint16_t* x, size_t cols, size_t batch, float* y,
          size_t stride) {
  size_t b = 0;
  for (; b + 4 <= batch; b += 4) block<R, 4>(w, x + b * cols, cols, y + b * stride, stride);
  for (; b < batch; ++b) block<R, 1>(w, x + b * cols, cols, y + b * stride, stride);
}

void matmul_bf16(const uint16_t* w, const uint16_t* x, size_t cols, size_t begin, size_t end,
                 size_t batch, float* y, size_t stride) {
  size_t row = begin;
  for (; row + 6 <= end; row += 6) rows<6>(w + row * cols, x, cols, batch, y + row, stride);
  for (; row < end; ++row) rows<1>(w + row * cols, x, cols, batch, y + row, stride);
}

}  // namespace

const KernelTable kAvx512Bf16Kernels = {
    .matmul_bf16 = {kIsa, matmul_bf16},
};

}  // namespace cpu_simd

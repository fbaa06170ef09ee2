// bf16 matmul by vdpbf16ps, which adds two products to each f32 lane.
#include <immintrin.h>

#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

constexpr const char* kIsa = "avx512bf16";

__m512bh load(__mmask32 mask, const uint16_t* at) {
  return reinterpret_cast<__m512bh>(_mm512_maskz_loadu_epi16(mask, at));
}

/// vdpbf16ps in assembler: from the intrinsic GCC makes copies of the sums, for which a loop with
/// two dozen of them has no registers left.
inline __attribute__((always_inline)) void accumulate(__m512& sums, __m512bh w, __m512bh x) {
  __asm__("vdpbf16ps %2, %1, %0" : "+v"(sums) : "v"(w), "v"(x));
}

__m256 halves(__m512 sum) {
  const __m512d whole = _mm512_castps_pd(sum);
  return _mm256_add_ps(_mm512_castps512_ps256(sum),
                       _mm256_castpd_ps(_mm512_extractf64x4_pd(whole, 1)));
}

/// The lanes of each of four sums together: one after the other takes twice the operations, which
/// a block of few columns feels.
__m128 reduce(__m512 a, __m512 b, __m512 c, __m512 d) {
  const __m256 pairs =
      _mm256_hadd_ps(_mm256_hadd_ps(halves(a), halves(b)), _mm256_hadd_ps(halves(c), halves(d)));
  return _mm_add_ps(_mm256_castps256_ps128(pairs), _mm256_extractf128_ps(pairs, 1));
}

/// Rows times C columns of activations; I counts the sums, row by row, as constants: a sum whose
/// index is known while the compiler still splits arrays up stays in its register.
template <int C, int... I>
struct Block {
  static constexpr int kSums = sizeof...(I);

  static void multiply(const uint16_t* w, const uint16_t* x, size_t cols, float* y, size_t stride) {
    __m512 sums[kSums] = {((void)I, _mm512_setzero_ps())...};
    size_t k = 0;
    for (; k + 32 <= cols; k += 32) add(sums, ~__mmask32{0}, w + k, x + k, cols);
    if (k < cols) add(sums, (__mmask32{1} << (cols - k)) - 1, w + k, x + k, cols);
    if constexpr (C == 4) {
      (store_four(sums, I, y, stride), ...);
    } else {
      ((y[I] = _mm512_reduce_add_ps(sums[I])), ...);
    }
  }

 private:
  static inline __attribute__((always_inline)) void add(__m512 (&sums)[kSums], __mmask32 mask,
                                                        const uint16_t* w, const uint16_t* x,
                                                        size_t cols) {
    __m512bh values[C];
    ((I < C ? void(values[I % C] = load(mask, x + I * cols)) : void()), ...);
    __m512bh weights = load(mask, w);
    ((I % C == 0 ? void(weights = load(mask, w + I / C * cols)) : void(),
      accumulate(sums[I], weights, values[I % C])),
     ...);
  }

  /// The row that begins with this sum, if one does.
  static inline __attribute__((always_inline)) void store_four(const __m512 (&sums)[kSums],
                                                               int first, float* y, size_t stride) {
    if (first % 4 != 0) return;
    alignas(16) float values[4];
    _mm_store_ps(values, reduce(sums[first], sums[first + 1], sums[first + 2], sums[first + 3]));
    for (int c = 0; c < 4; ++c) y[c * stride + first / 4] = values[c];
  }
};

using SixByFour =
    Block<4, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23>;
using SixByOne = Block<1, 0, 1, 2, 3, 4, 5>;
using OneByFour = Block<4, 0, 1, 2, 3>;
using OneByOne = Block<1, 0>;

template <class ByFour, class ByOne>
void rows(const uint16_t* w, const uint16_t* x, size_t cols, size_t batch, float* y,
          size_t stride) {
  size_t b = 0;
  for (; b + 4 <= batch; b += 4) ByFour::multiply(w, x + b * cols, cols, y + b * stride, stride);
  for (; b < batch; ++b) ByOne::multiply(w, x + b * cols, cols, y + b * stride, stride);
}

void matmul_bf16(const uint16_t* w, const uint16_t* x, size_t cols, size_t begin, size_t end,
                 size_t batch, float* y, size_t stride) {
  size_t row = begin;
  // For one row of activations the weights are read in one stream: see floats.hpp.
  for (; batch > 1 && row + 6 <= end; row += 6)
    rows<SixByFour, SixByOne>(w + row * cols, x, cols, batch, y + row, stride);
  for (; row < end; ++row)
    rows<OneByFour, OneByOne>(w + row * cols, x, cols, batch, y + row, stride);
}

}  // namespace

const KernelTable kAvx512Bf16Kernels = {
    .matmul_bf16 = {kIsa, matmul_bf16},
};

}  // namespace cpu_simd

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

/// Rows times C columns of activations; I counts the sums, row by row, as constants: a sum whose
/// index is known while the compiler still splits arrays up stays in its register.
template <int C, int... I>
struct Block {
  static void multiply(const uint16_t* w, const uint16_t* x, size_t cols, float* y, size_t stride) {
    __m512 sums[sizeof...(I)] = {((void)I, _mm512_setzero_ps())...};
    for (size_t k = 0; k < cols; k += 32) {
      const __mmask32 mask = k + 32 <= cols ? ~__mmask32{0} : (__mmask32{1} << (cols - k)) - 1;
      __m512bh values[C];
      ((I < C ? void(values[I % C] = load(mask, x + I * cols + k)) : void()), ...);
      __m512bh weights = load(mask, w + k);
      ((I % C == 0 ? void(weights = load(mask, w + I / C * cols + k)) : void(),
        accumulate(sums[I], weights, values[I % C])),
       ...);
    }
    ((y[I % C * stride + I / C] = _mm512_reduce_add_ps(sums[I])), ...);
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
  for (; row + 6 <= end; row += 6)
    rows<SixByFour, SixByOne>(w + row * cols, x, cols, batch, y + row, stride);
  for (; row < end; ++row)
    rows<OneByFour, OneByOne>(w + row * cols, x, cols, batch, y + row, stride);
}

}  // namespace

const KernelTable kAvx512Bf16Kernels = {
    .matmul_bf16 = {kIsa, matmul_bf16},
};

}  // namespace cpu_simd

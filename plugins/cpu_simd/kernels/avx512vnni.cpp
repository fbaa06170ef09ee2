// The kernels on AVX-512 with VNNI. Weights come in one stream and are left to the hardware's
// prefetchers, which do better alone.
#include <immintrin.h>

#include "avx512_tiles.hpp"
#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

constexpr const char* kIsa = "avx512vnni";

float quantize_ternary(const float* x, size_t count, float threshold, uint8_t* codes) {
  const __m512 above = _mm512_set1_ps(threshold);
  const __m512 below = _mm512_set1_ps(-threshold);
  __m512 largest = _mm512_setzero_ps();
  for (size_t i = 0; i < count; i += 16) {
    const size_t left = count - i;
    const __mmask16 mask = static_cast<__mmask16>(left >= 16 ? 0xFFFFU : (1U << left) - 1);
    const __m512 values = _mm512_maskz_loadu_ps(mask, x + i);
    largest = _mm512_max_ps(largest, _mm512_abs_ps(values));
    const __mmask16 plus = _mm512_cmp_ps_mask(values, above, _CMP_GT_OQ);
    const __mmask16 minus = _mm512_cmp_ps_mask(values, below, _CMP_LT_OQ);
    const __m128i one = _mm_set1_epi8(1);
    const __m128i raised = _mm_mask_add_epi8(one, plus, one, one);
    _mm_mask_storeu_epi8(codes + i, mask, _mm_mask_sub_epi8(raised, minus, one, one));
  }
  return _mm512_reduce_max_ps(largest);
}

int32_t copy_sum(const int8_t* from, size_t count, int8_t* to) {
  const __m512i ones = _mm512_set1_epi8(1);
  __m512i sums = _mm512_setzero_si512();
  for (size_t i = 0; i < count; i += 64) {
    const size_t left = count - i;
    const __mmask64 mask = left >= 64 ? ~__mmask64{0} : (__mmask64{1} << left) - 1;
    const __m512i bytes = _mm512_maskz_loadu_epi8(mask, from + i);
    _mm512_mask_storeu_epi8(to + i, mask, bytes);
    sums = _mm512_dpbusd_epi32(sums, ones, bytes);
  }
  return _mm512_reduce_add_epi32(sums);
}

struct TwoBitTile {
  static constexpr int kQuads = 4;

  struct Half {
    __m512i bytes;
    __m512i field;

    inline __attribute__((always_inline)) __m512i quad(int) {
      const __m512i codes = _mm512_and_si512(bytes, field);
      bytes = _mm512_srli_epi16(bytes, 2);
      return codes;
    }
  };

  __m512i field = _mm512_set1_epi8(3);

  inline __attribute__((always_inline)) Half half(__m512i bytes) const { return {bytes, field}; }
};

void gemv_two_bit(const uint8_t* tiles, size_t tile_count, size_t begin, size_t end,
                  const int8_t* x, int32_t x_sum, int32_t* y) {
  const __m512i masks[4] = {_mm512_set1_epi8(0x03), _mm512_set1_epi8(0x0C), _mm512_set1_epi8(0x30),
                            _mm512_set1_epi8(static_cast<char>(0xC0))};
  const uint8_t* at = tiles + begin / kGroupRows * tile_count * kTileBytes;
  for (size_t row = begin; row < end; row += kGroupRows) {
    __m512i total_low = _mm512_setzero_si512();
    __m512i total_high = _mm512_setzero_si512();
    const int8_t* columns = x;
    for (size_t tile = 0; tile < tile_count;) {
      const size_t stop = tile + kTilesPerFlush < tile_count ? tile + kTilesPerFlush : tile_count;
      __m512i low[4] = {};
      __m512i high[4] = {};
      for (; tile < stop; ++tile, at += kTileBytes, columns += 16) {
        const __m512i first = load(at);
        const __m512i second = load(at + kHalf);
#pragma GCC unroll 4
        for (int f = 0; f < 4; ++f) {
          const __m512i four = broadcast4(columns + 4 * f);
          accumulate(low[f], _mm512_and_si512(first, masks[f]), four);
          accumulate(high[f], _mm512_and_si512(second, masks[f]), four);
        }
      }
      total_low = _mm512_add_epi32(total_low, fold_fields(low));
      total_high = _mm512_add_epi32(total_high, fold_fields(high));
    }
    store_rows(total_low, total_high, x_sum, end - row, y + row);
  }
}

struct F16 {
  using Element = uint16_t;
  static __m512 load(__mmask16 mask, const uint16_t* at) {
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, at));
  }
};
struct BF16 {
  using Element = uint16_t;
  static __m512 load(__mmask16 mask, const uint16_t* at) {
    const __m512i wide = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, at));
    return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
  }
};

/// R rows times C columns of activations.
template <class Type, int R, int C>
void float_block(const typename Type::Element* w, const typename Type::Element* x, size_t cols,
                 float* y, size_t stride) {
  __m512 sums[R][C] = {};
  for (size_t k = 0; k < cols; k += 16) {
    const __mmask16 mask =
        static_cast<__mmask16>(k + 16 <= cols ? 0xFFFFU : (1U << (cols - k)) - 1);
    __m512 values[C];
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) values[c] = Type::load(mask, x + c * cols + k);
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      const __m512 weights = Type::load(mask, w + r * cols + k);
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) sums[r][c] = _mm512_fmadd_ps(weights, values[c], sums[r][c]);
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < C; ++c) y[c * stride + r] = _mm512_reduce_add_ps(sums[r][c]);
  }
}

template <class Type, int R>
void float_rows(const typename Type::Element* w, const typename Type::Element* x, size_t cols,
                size_t batch, float* y, size_t stride) {
  size_t b = 0;
  for (; b + 4 <= batch; b += 4) {
    float_block<Type, R, 4>(w, x + b * cols, cols, y + b * stride, stride);
  }
  for (; b < batch; ++b) float_block<Type, R, 1>(w, x + b * cols, cols, y + b * stride, stride);
}

template <class Type>
void matmul(const typename Type::Element* w, const typename Type::Element* x, size_t cols,
            size_t begin, size_t end, size_t batch, float* y, size_t stride) {
  size_t row = begin;
  // For one row of activations the weights are read in one stream: see floats.hpp.
  for (; batch > 1 && row + 4 <= end; row += 4) {
    float_rows<Type, 4>(w + row * cols, x, cols, batch, y + row, stride);
  }
  for (; row < end; ++row) {
    float_rows<Type, 1>(w + row * cols, x, cols, batch, y + row, stride);
  }
}

}  // namespace

const KernelTable kAvx512VnniKernels = {
    .two_bit = {.isa = kIsa,
                .columns = 16,
                .gemv = gemv_two_bit,
                .unpack = unpack<TwoBitTile>,
                .gemm = gemm<TwoBitTile>,
                .panels = {12, 8, 4}},
    .copy_sum = {kIsa, copy_sum},
    .quantize_ternary = {kIsa, quantize_ternary},
    .matmul_f16 = {kIsa, matmul<F16>},
    .matmul_bf16 = {kIsa, matmul<BF16>},
};

}  // namespace cpu_simd

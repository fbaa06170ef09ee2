// The kernels on AVX-512 with VNNI: vpdpbusd adds four products of unsigned codes and signed
// activations to each int32 lane, so nothing can wrap on the way. A tile is two registers. Weights
// come in one stream and are left to the hardware's prefetchers, which do better alone.
#include <immintrin.h>

#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

constexpr const char* kIsa = "avx512vnni";
// A lane of the fourth field grows by at most 64 * 2 * 4 * 128 = 2^16 a tile.
constexpr size_t kTilesPerFlush = 16384;
constexpr size_t kHalf = 64;  // bytes of a tile or a quad in one register

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

/// vpdpbusd in assembler: from the intrinsic GCC makes two copies of the sums each time, for which
/// a loop with two dozen of them has no registers left.
inline __attribute__((always_inline)) void accumulate(__m512i& sums, __m512i codes,
                                                      __m512i activations) {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(codes), "v"(activations));
}

__m512i broadcast4(const int8_t* x) {
  int32_t word = 0;
  __builtin_memcpy(&word, x, sizeof(word));
  return _mm512_set1_epi32(word);
}

__m512i load(const uint8_t* at) { return _mm512_load_si512(reinterpret_cast<const void*>(at)); }

/// Sums of one half of a group to memory, less what the codes' offset of one has added.
void store_half(__m512i sums, int32_t x_sum, size_t rows, int32_t* y) {
  const __mmask16 mask = static_cast<__mmask16>(rows >= 16 ? 0xFFFFU : (1U << rows) - 1);
  _mm512_mask_storeu_epi32(y, mask, _mm512_sub_epi32(sums, _mm512_set1_epi32(x_sum)));
}

void store_rows(__m512i low, __m512i high, int32_t x_sum, size_t rows, int32_t* y) {
  store_half(low, x_sum, rows, y);
  if (rows > 16) store_half(high, x_sum, rows - 16, y + 16);
}

/// Sums of the four fields where they lie are 1, 4, 16 and 64 times too large, exactly.
__m512i fold(const __m512i (&fields)[4]) {
  const __m512i low = _mm512_add_epi32(fields[0], _mm512_srai_epi32(fields[1], 2));
  const __m512i high =
      _mm512_add_epi32(_mm512_srai_epi32(fields[2], 4), _mm512_srai_epi32(fields[3], 6));
  return _mm512_add_epi32(low, high);
}

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
      total_low = _mm512_add_epi32(total_low, fold(low));
      total_high = _mm512_add_epi32(total_high, fold(high));
    }
    store_rows(total_low, total_high, x_sum, end - row, y + row);
  }
}

void unpack_two_bit(const uint8_t* group, size_t tile_count, uint8_t* quads) {
  const __m512i field = _mm512_set1_epi8(3);
  for (size_t half = 0; half < 2 * tile_count; ++half, group += kHalf) {
    const __m512i bytes = load(group);
    uint8_t* to = quads + half / 2 * 4 * kQuadBytes + half % 2 * kHalf;
    _mm512_store_si512(to, _mm512_and_si512(bytes, field));
    _mm512_store_si512(to + kQuadBytes, _mm512_and_si512(_mm512_srli_epi16(bytes, 2), field));
    _mm512_store_si512(to + 2 * kQuadBytes, _mm512_and_si512(_mm512_srli_epi16(bytes, 4), field));
    _mm512_store_si512(to + 3 * kQuadBytes, _mm512_and_si512(_mm512_srli_epi16(bytes, 6), field));
  }
}

/// Columns of a panel, as constants: an accumulator whose index is known while the compiler still
/// splits arrays up stays in its register.
template <int... C>
struct Panel {
  static constexpr int kWidth = sizeof...(C);

  static void multiply(const uint8_t* quads, size_t quad_count, size_t rows, const int8_t* panel,
                       const int32_t* x_sums, int32_t* y, size_t stride) {
    __m512i low[kWidth] = {((void)C, _mm512_setzero_si512())...};
    __m512i high[kWidth] = {((void)C, _mm512_setzero_si512())...};
    for (size_t quad = 0; quad < quad_count; ++quad, quads += kQuadBytes, panel += 4 * kWidth) {
      const __m512i first = load(quads);
      const __m512i second = load(quads + kHalf);
      __m512i four;
      ((four = broadcast4(panel + 4 * C), accumulate(low[C], first, four),
        accumulate(high[C], second, four)),
       ...);
    }
    (store_rows(low[C], high[C], x_sums[C], rows, y + C * stride), ...);
  }
};

void gemm(const uint8_t* quads, size_t quad_count, size_t rows, const int8_t* panel, size_t width,
          const int32_t* x_sums, int32_t* y, size_t stride) {
  switch (width) {
    case 12:
      return Panel<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11>::multiply(quads, quad_count, rows, panel,
                                                                   x_sums, y, stride);
    case 8:
      return Panel<0, 1, 2, 3, 4, 5, 6, 7>::multiply(quads, quad_count, rows, panel, x_sums, y,
                                                     stride);
    default:
      return Panel<0, 1, 2, 3>::multiply(quads, quad_count, rows, panel, x_sums, y, stride);
  }
}

struct F32 {
  using Element = float;
  static __m512 load(__mmask16 mask, const float* at) { return _mm512_maskz_loadu_ps(mask, at); }
};
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
  for (; row + 4 <= end; row += 4) {
    float_rows<Type, 4>(w + row * cols, x, cols, batch, y + row, stride);
  }
  for (; row < end; ++row) {
    float_rows<Type, 1>(w + row * cols, x, cols, batch, y + row, stride);
  }
}

}  // namespace

const KernelTable kAvx512VnniKernels = {
    .two_bit = {kIsa, 16, "", gemv_two_bit, unpack_two_bit},
    .panels = {12, 8, 4},
    .gemm = {kIsa, gemm},
    .copy_sum = {kIsa, copy_sum},
    .quantize_ternary = {kIsa, quantize_ternary},
    .matmul_f32 = {kIsa, matmul<F32>},
    .matmul_f16 = {kIsa, matmul<F16>},
    .matmul_bf16 = {kIsa, matmul<BF16>},
};

}  // namespace cpu_simd

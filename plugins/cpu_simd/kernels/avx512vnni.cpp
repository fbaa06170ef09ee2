// The kernels on AVX-512 with VNNI. Weights come in one stream and are left to the hardware's
// prefetchers, which do better alone.
#include <immintrin.h>

#include "avx512_tiles.hpp"
#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

constexpr const char* kIsa = "avx512vnni";

__mmask16 first_of(size_t count) {
  return static_cast<__mmask16>(count >= 16 ? 0xFFFFU : (1U << count) - 1);
}

float quantize_ternary(const float* x, size_t count, float threshold, uint8_t* codes) {
  const __m512 above = _mm512_set1_ps(threshold);
  const __m512 below = _mm512_set1_ps(-threshold);
  __m512 largest = _mm512_setzero_ps();
  for (size_t i = 0; i < count; i += 16) {
    const __mmask16 mask = first_of(count - i);
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

float abs_max(const float* x, size_t count) {
  __m512 largest[4] = {};  // one waits for the one before
  size_t i = 0;
  for (; i + 64 <= count; i += 64) {
#pragma GCC unroll 4
    for (size_t k = 0; k < 4; ++k) {
      largest[k] = _mm512_max_ps(largest[k], _mm512_abs_ps(_mm512_loadu_ps(x + i + 16 * k)));
    }
  }
  for (; i < count; i += 16) {
    const __m512 values = _mm512_maskz_loadu_ps(first_of(count - i), x + i);
    largest[0] = _mm512_max_ps(largest[0], _mm512_abs_ps(values));
  }
  return _mm512_reduce_max_ps(
      _mm512_max_ps(_mm512_max_ps(largest[0], largest[1]), _mm512_max_ps(largest[2], largest[3])));
}

float quantize_i8(const float* x, size_t cols, int8_t* codes) {
  float most = abs_max(x, cols);
  if (most < 1e-5F) most = 1e-5F;
  const __m512 factors = _mm512_set1_ps(127.0F / most);
  for (size_t i = 0; i < cols; i += 16) {
    const __mmask16 mask = first_of(cols - i);
    // Rounds half to even, the mode that every process starts with; narrowing saturates.
    const __m512i wide =
        _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_maskz_loadu_ps(mask, x + i), factors));
    _mm512_mask_cvtsepi32_storeu_epi8(codes + i, mask, wide);
  }
  return most / 127.0F;
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

/// Rows first, first + 4, first + 8 and first + 12: 16 bytes of each.
__m512i four_rows(const uint8_t* at, size_t row_bytes, size_t first) {
  const auto* from = reinterpret_cast<const __m128i*>(at + first * row_bytes);
  const size_t step = 4 * row_bytes / sizeof(__m128i);
  __m512i rows = _mm512_broadcast_i32x4(_mm_loadu_si128(from));
  rows = _mm512_mask_broadcast_i32x4(rows, 0x00F0, _mm_loadu_si128(from + step));
  rows = _mm512_mask_broadcast_i32x4(rows, 0x0F00, _mm_loadu_si128(from + 2 * step));
  return _mm512_mask_broadcast_i32x4(rows, 0xF000, _mm_loadu_si128(from + 3 * step));
}

__m512i select(__m512i mask, __m512i yes, __m512i no) {
  return _mm512_ternarylogic_epi32(mask, yes, no, 0xCA);
}

/// Bits of b where the mask, shifted down, has them change places with those of a below.
template <int kShift>
void exchange(__m512i& a, __m512i& b, uint8_t low) {
  const __m512i mask = _mm512_set1_epi8(static_cast<char>(low));
  const __m512i first = select(mask, a, _mm512_slli_epi32(b, kShift));
  b = select(mask, _mm512_srli_epi32(a, kShift), b);
  a = first;
}

/// A word of 16 rows in each of four, of which a byte holds the codes of columns c, c + 32, c + 64
/// and c + 96, the first in the high bits: in their place the lanes of four tiles, the last first.
void turn_codes(__m512i (&words)[4]) {
  exchange<4>(words[0], words[2], 0x0F);
  exchange<4>(words[1], words[3], 0x0F);
  exchange<2>(words[0], words[1], 0x33);
  exchange<2>(words[2], words[3], 0x33);
}

bool pack_i2_s(const uint8_t* rows, size_t tile_count, uint8_t* group) {
  constexpr size_t kBlockTiles = 8;  // tiles of the 128 columns that 32 bytes hold
  const size_t row_bytes = tile_count * 4;
  __m512i threes = _mm512_setzero_si512();
  for (size_t tile = 0; tile < tile_count; tile += kBlockTiles, rows += 32) {
    for (size_t part = 0; part < 4; ++part) {  // half of the rows, of the block
      const size_t half = part % 2;
      const uint8_t* at = rows + part / 2 * 16 * row_bytes + half * 16;
      __m512i four[4];
#pragma GCC unroll 4
      for (size_t i = 0; i < 4; ++i) four[i] = four_rows(at, row_bytes, i);
      const __m512i low = _mm512_unpacklo_epi32(four[0], four[1]);
      const __m512i high = _mm512_unpackhi_epi32(four[0], four[1]);
      const __m512i next_low = _mm512_unpacklo_epi32(four[2], four[3]);
      const __m512i next_high = _mm512_unpackhi_epi32(four[2], four[3]);
      __m512i words[4] = {
          _mm512_unpacklo_epi64(low, next_low), _mm512_unpackhi_epi64(low, next_low),
          _mm512_unpacklo_epi64(high, next_high), _mm512_unpackhi_epi64(high, next_high)};
#pragma GCC unroll 4
      for (const __m512i& word : words) {
        const __m512i both = _mm512_and_si512(word, _mm512_srli_epi32(word, 1));
        threes = _mm512_or_si512(threes, _mm512_and_si512(both, _mm512_set1_epi8(0x55)));
      }
      turn_codes(words);
      uint8_t* to = group + (tile + half) * kTileBytes + part / 2 * 64;
#pragma GCC unroll 4
      for (size_t quarter = 0; quarter < 4; ++quarter) {
        _mm512_storeu_si512(to + 2 * quarter * kTileBytes, words[3 - quarter]);
      }
    }
  }
  return _mm512_test_epi32_mask(threes, threes) == 0;
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
    .quantize_i8 = {kIsa, quantize_i8},
    .pack_i2_s = {kIsa, pack_i2_s},
    .matmul_f16 = {kIsa, matmul<F16>},
    .matmul_bf16 = {kIsa, matmul<BF16>},
};

}  // namespace cpu_simd

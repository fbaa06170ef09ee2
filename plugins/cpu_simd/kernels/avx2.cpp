// The kernels on AVX2 and FMA. vpmaddubsw multiplies codes (0, 1, 2) by activations and adds pairs
// into int16 lanes; a step adds at most 2 * 2 * 128 = 512 to a lane, so sums move on to int32 after
// at most 60 steps, long before 64 could wrap.
#include <immintrin.h>

#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

constexpr size_t kTilesPerFlush = 15;  // four steps each
constexpr size_t kPrefetchBytes = 2048;

__m256 absolute(__m256 x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0F), x); }

float abs_max(const float* x, size_t count) {
  __m256 largest = _mm256_setzero_ps();
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    largest = _mm256_max_ps(largest, absolute(_mm256_loadu_ps(x + i)));
  }
  alignas(32) float lanes[8];
  _mm256_store_ps(lanes, largest);
  float result = 0;
  for (const float lane : lanes) result = lane > result ? lane : result;
  for (; i < count; ++i) {
    const float size = __builtin_fabsf(x[i]);
    result = size > result ? size : result;
  }
  return result;
}

double abs_sum(const float* x, size_t count) {
  __m256d sums[2] = {_mm256_setzero_pd(), _mm256_setzero_pd()};
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m256 size = absolute(_mm256_loadu_ps(x + i));
    sums[0] = _mm256_add_pd(sums[0], _mm256_cvtps_pd(_mm256_castps256_ps128(size)));
    sums[1] = _mm256_add_pd(sums[1], _mm256_cvtps_pd(_mm256_extractf128_ps(size, 1)));
  }
  alignas(32) double lanes[4];
  _mm256_store_pd(lanes, _mm256_add_pd(sums[0], sums[1]));
  double result = lanes[0] + lanes[1] + lanes[2] + lanes[3];
  for (; i < count; ++i) result += __builtin_fabsf(x[i]);
  return result;
}

/// Codes of 8 weights as int32: 1, less 1 where x < -t, more 1 where x > t.
__m256i codes_of(__m256 x, __m256 threshold, __m256 minus_threshold) {
  const __m256i above = _mm256_castps_si256(_mm256_cmp_ps(x, threshold, _CMP_GT_OQ));
  const __m256i below = _mm256_castps_si256(_mm256_cmp_ps(x, minus_threshold, _CMP_LT_OQ));
  return _mm256_add_epi32(_mm256_sub_epi32(_mm256_set1_epi32(1), above), below);
}

/// 16 int32 codes, in order, as bytes.
__m128i narrow(__m256i low, __m256i high) {
  const __m128i a = _mm_packs_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1));
  const __m128i b =
      _mm_packs_epi32(_mm256_castsi256_si128(high), _mm256_extracti128_si256(high, 1));
  return _mm_packs_epi16(a, b);
}

/// 16 code bytes of one row as the row's 32-bit lane of a tile.
uint32_t lane_of(__m128i codes) {
  const __m128i placed = _mm_sllv_epi32(codes, _mm_setr_epi32(0, 2, 4, 6));
  const __m128i half = _mm_or_si128(placed, _mm_unpackhi_epi64(placed, placed));
  const __m128i whole = _mm_or_si128(half, _mm_shuffle_epi32(half, _MM_SHUFFLE(1, 1, 1, 1)));
  return static_cast<uint32_t>(_mm_cvtsi128_si32(whole));
}

void quantize_i2_s(const float* x, size_t cols, size_t begin, size_t end, float threshold,
                   uint8_t* codes) {
  const __m256 above = _mm256_set1_ps(threshold);
  const __m256 below = _mm256_set1_ps(-threshold);
  for (size_t row = begin; row < end; ++row) {
    uint8_t* lane = codes + row / kGroupRows * kGroupRows * cols / 4 + row % kGroupRows * 4;
    for (size_t col = 0; col < cols; col += kTileCols, lane += kTileBytes) {
      const float* at = x + row * cols + col;
      const __m256i low = codes_of(_mm256_loadu_ps(at), above, below);
      const __m256i high = codes_of(_mm256_loadu_ps(at + 8), above, below);
      const uint32_t word = lane_of(narrow(low, high));
      __builtin_memcpy(lane, &word, sizeof(word));
    }
  }
}

void dequantize_i2_s(const uint8_t* codes, size_t cols, size_t begin, size_t end, float scale,
                     float* y) {
  const __m256 scales = _mm256_set1_ps(scale);
  for (size_t row = begin; row < end; ++row) {
    const uint8_t* lane = codes + row / kGroupRows * kGroupRows * cols / 4 + row % kGroupRows * 4;
    for (size_t col = 0; col < cols; col += kTileCols, lane += kTileBytes) {
      uint32_t word = 0;
      __builtin_memcpy(&word, lane, sizeof(word));
      const __m128i fields =
          _mm_srlv_epi32(_mm_set1_epi32(static_cast<int>(word)), _mm_setr_epi32(0, 2, 4, 6));
      const __m128i bytes = _mm_sub_epi8(_mm_and_si128(fields, _mm_set1_epi8(3)), _mm_set1_epi8(1));
      const __m256 low = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes));
      const __m256 high =
          _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_unpackhi_epi64(bytes, bytes)));
      _mm256_storeu_ps(y + row * cols + col, _mm256_mul_ps(low, scales));
      _mm256_storeu_ps(y + row * cols + col + 8, _mm256_mul_ps(high, scales));
    }
  }
}

float quantize_i8(const float* x, size_t cols, int8_t* codes) {
  float largest = abs_max(x, cols);
  if (largest < 1e-5F) largest = 1e-5F;
  const float inverse = 127.0F / largest;
  const __m256 factors = _mm256_set1_ps(inverse);
  size_t i = 0;
  for (; i + 16 <= cols; i += 16) {
    // Rounds half to even, the mode that every process starts with; packing saturates.
    const __m256i low = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + i), factors));
    const __m256i high = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + i + 8), factors));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(codes + i), narrow(low, high));
  }
  for (; i < cols; ++i) {
    const float code = __builtin_nearbyintf(x[i] * inverse);
    codes[i] = static_cast<int8_t>(code > 127 ? 127 : (code < -128 ? -128 : code));
  }
  return largest / 127.0F;
}

void dequantize_i8(const int8_t* codes, size_t cols, float scale, float* y) {
  size_t i = 0;
  for (; i + 8 <= cols; i += 8) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes + i));
    const __m256 values = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes));
    _mm256_storeu_ps(y + i, _mm256_mul_ps(values, _mm256_set1_ps(scale)));
  }
  for (; i < cols; ++i) y[i] = static_cast<float>(codes[i]) * scale;
}

__m256i broadcast4(const int8_t* x) {
  int32_t word = 0;
  __builtin_memcpy(&word, x, sizeof(word));
  return _mm256_set1_epi32(word);
}

__m256i widen(__m256i sums) { return _mm256_madd_epi16(sums, _mm256_set1_epi16(1)); }

/// Sums of one group's 16 rows to memory, less what the codes' offset of one has added.
void store_rows(__m256i low, __m256i high, int32_t x_sum, size_t rows, int32_t* y) {
  const __m256i offset = _mm256_set1_epi32(x_sum);
  low = _mm256_sub_epi32(low, offset);
  high = _mm256_sub_epi32(high, offset);
  if (rows >= kGroupRows) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(y), low);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(y + 8), high);
    return;
  }
  alignas(32) int32_t all[kGroupRows];
  _mm256_store_si256(reinterpret_cast<__m256i*>(all), low);
  _mm256_store_si256(reinterpret_cast<__m256i*>(all + 8), high);
  for (size_t row = 0; row < rows; ++row) y[row] = all[row];
}

/// Field F of 32 bytes of codes.
template <int F>
__m256i field(__m256i bytes) {
  return _mm256_and_si256(_mm256_srli_epi16(bytes, 2 * F), _mm256_set1_epi8(3));
}

/// One step of a GEMV: field F of both halves of a tile times four activations.
template <int F>
void gemv_step(__m256i low, __m256i high, const int8_t* x, __m256i& sum_low, __m256i& sum_high) {
  const __m256i four = broadcast4(x + 4 * F);
  sum_low = _mm256_add_epi16(sum_low, _mm256_maddubs_epi16(field<F>(low), four));
  sum_high = _mm256_add_epi16(sum_high, _mm256_maddubs_epi16(field<F>(high), four));
}

void gemv_i2_s(const uint8_t* codes, size_t cols, size_t begin, size_t end, const int8_t* x,
               int32_t x_sum, int32_t* y) {
  const size_t tiles = cols / kTileCols;
  const uint8_t* at = codes + begin * cols / 4;
  for (size_t row = begin; row < end; row += kGroupRows) {
    __m256i total_low = _mm256_setzero_si256();
    __m256i total_high = _mm256_setzero_si256();
    for (size_t tile = 0; tile < tiles;) {
      const size_t stop = tile + kTilesPerFlush < tiles ? tile + kTilesPerFlush : tiles;
      __m256i low_a = _mm256_setzero_si256();
      __m256i high_a = _mm256_setzero_si256();
      __m256i low_b = _mm256_setzero_si256();
      __m256i high_b = _mm256_setzero_si256();
      for (; tile < stop; ++tile, at += kTileBytes) {
        // The stream goes on across groups, so this reaches into the next one's tiles in time.
        _mm_prefetch(reinterpret_cast<const char*>(at + kPrefetchBytes), _MM_HINT_T0);
        const __m256i low = _mm256_load_si256(reinterpret_cast<const __m256i*>(at));
        const __m256i high = _mm256_load_si256(reinterpret_cast<const __m256i*>(at + 32));
        const int8_t* columns = x + tile * kTileCols;
        gemv_step<0>(low, high, columns, low_a, high_a);
        gemv_step<1>(low, high, columns, low_b, high_b);
        gemv_step<2>(low, high, columns, low_a, high_a);
        gemv_step<3>(low, high, columns, low_b, high_b);
      }
      total_low = _mm256_add_epi32(total_low, _mm256_add_epi32(widen(low_a), widen(low_b)));
      total_high = _mm256_add_epi32(total_high, _mm256_add_epi32(widen(high_a), widen(high_b)));
    }
    store_rows(total_low, total_high, x_sum, end - row, y + row);
  }
}

/// One step of a GEMM: field F of a tile times four activations of each of N columns.
template <int F, int N>
inline __attribute__((always_inline)) void gemm_step(__m256i low, __m256i high, const int8_t* panel,
                                                     __m256i (&sums_low)[N],
                                                     __m256i (&sums_high)[N]) {
  const __m256i weights_low = field<F>(low);
  const __m256i weights_high = field<F>(high);
#pragma GCC unroll 8
  for (int c = 0; c < N; ++c) {
    const __m256i four = broadcast4(panel + 4 * (F * N + c));
    sums_low[c] = _mm256_add_epi16(sums_low[c], _mm256_maddubs_epi16(weights_low, four));
    sums_high[c] = _mm256_add_epi16(sums_high[c], _mm256_maddubs_epi16(weights_high, four));
  }
}

template <int N>
void gemm_panel(const uint8_t* codes, size_t cols, size_t begin, size_t end, const int8_t* panel,
                const int32_t* x_sums, int32_t* y, size_t stride) {
  const size_t tiles = cols / kTileCols;
  for (size_t row = begin; row < end; row += kGroupRows) {
    const uint8_t* at = codes + row * cols / 4;
    const int8_t* columns = panel;
    alignas(32) __m256i totals[2 * N] = {};
    for (size_t tile = 0; tile < tiles;) {
      const size_t stop = tile + kTilesPerFlush < tiles ? tile + kTilesPerFlush : tiles;
      __m256i sums_low[N] = {};
      __m256i sums_high[N] = {};
      for (; tile < stop; ++tile, at += kTileBytes, columns += kTileCols * N) {
        const __m256i low = _mm256_load_si256(reinterpret_cast<const __m256i*>(at));
        const __m256i high = _mm256_load_si256(reinterpret_cast<const __m256i*>(at + 32));
        gemm_step<0, N>(low, high, columns, sums_low, sums_high);
        gemm_step<1, N>(low, high, columns, sums_low, sums_high);
        gemm_step<2, N>(low, high, columns, sums_low, sums_high);
        gemm_step<3, N>(low, high, columns, sums_low, sums_high);
      }
#pragma GCC unroll 8
      for (int c = 0; c < N; ++c) {
        totals[2 * c] = _mm256_add_epi32(totals[2 * c], widen(sums_low[c]));
        totals[2 * c + 1] = _mm256_add_epi32(totals[2 * c + 1], widen(sums_high[c]));
      }
    }
    for (int c = 0; c < N; ++c) {
      store_rows(totals[2 * c], totals[2 * c + 1], x_sums[c], end - row, y + c * stride + row);
    }
  }
}

void gemm_i2_s(const uint8_t* codes, size_t cols, size_t begin, size_t end, const int8_t* panel,
               size_t width, const int32_t* x_sums, int32_t* y, size_t stride) {
  switch (width) {
    case 6:
      return gemm_panel<6>(codes, cols, begin, end, panel, x_sums, y, stride);
    case 4:
      return gemm_panel<4>(codes, cols, begin, end, panel, x_sums, y, stride);
    case 2:
      return gemm_panel<2>(codes, cols, begin, end, panel, x_sums, y, stride);
    default:
      return gemm_panel<1>(codes, cols, begin, end, panel, x_sums, y, stride);
  }
}

float lane_sum(__m256 sums) {
  alignas(32) float lanes[8];
  _mm256_store_ps(lanes, sums);
  float sum = 0;
  for (const float lane : lanes) sum += lane;
  return sum;
}

/// R rows times C columns of activations.
template <int R, int C>
void f32_block(const float* w, const float* x, size_t cols, float* y, size_t stride) {
  __m256 sums[R][C] = {};
  size_t k = 0;
  for (; k + 8 <= cols; k += 8) {
    __m256 values[C];
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) values[c] = _mm256_loadu_ps(x + c * cols + k);
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      const __m256 weights = _mm256_loadu_ps(w + r * cols + k);
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) sums[r][c] = _mm256_fmadd_ps(weights, values[c], sums[r][c]);
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < C; ++c) {
      float sum = lane_sum(sums[r][c]);
      for (size_t tail = k; tail < cols; ++tail) sum += w[r * cols + tail] * x[c * cols + tail];
      y[c * stride + r] = sum;
    }
  }
}

template <int R>
void f32_rows(const float* w, const float* x, size_t cols, size_t batch, float* y, size_t stride) {
  size_t b = 0;
  for (; b + 3 <= batch; b += 3) f32_block<R, 3>(w, x + b * cols, cols, y + b * stride, stride);
  for (; b < batch; ++b) f32_block<R, 1>(w, x + b * cols, cols, y + b * stride, stride);
}

void matmul_f32(const float* w, const float* x, size_t cols, size_t begin, size_t end, size_t batch,
                float* y, size_t stride) {
  size_t row = begin;
  for (; row + 4 <= end; row += 4) f32_rows<4>(w + row * cols, x, cols, batch, y + row, stride);
  for (; row < end; ++row) f32_rows<1>(w + row * cols, x, cols, batch, y + row, stride);
}

}  // namespace

const KernelTable kAvx2Kernels = {
    true,
    {6, 4, 2, 1},
    {"avx2/abs_max", abs_max},
    {"avx2/abs_sum", abs_sum},
    {"avx2/i2_s_quantize", quantize_i2_s},
    {"avx2/i2_s_dequantize", dequantize_i2_s},
    {"avx2/i8_quantize", quantize_i8},
    {"avx2/i8_dequantize", dequantize_i8},
    {"avx2/i2_s_gemv", gemv_i2_s},
    {"avx2/i2_s_gemm", gemm_i2_s},
    {"avx2/f32_matmul", matmul_f32},
};

}  // namespace cpu_simd

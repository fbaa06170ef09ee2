// The kernels on AVX2 and FMA. vpmaddubsw multiplies codes (0, 1, 2) by activations and adds pairs
// into int16 lanes; a step adds at most 2 * 2 * 128 = 512 to a lane, so sums move on to int32 after
// at most 60 steps, long before 64 could wrap.
#include <immintrin.h>

#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

constexpr const char* kIsa = "avx2";
constexpr size_t kTilesPerFlush = 15;  // four steps each
constexpr size_t kQuarter = 32;        // bytes of a tile or a quad in one register
constexpr size_t kQuadsPerFlush = 60;

__m256 absolute(__m256 x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0F), x); }

float largest(__m256 sizes) {
  alignas(32) float lanes[8];
  _mm256_store_ps(lanes, sizes);
  float result = 0;
  for (const float lane : lanes) result = lane > result ? lane : result;
  return result;
}

float abs_max(const float* x, size_t count) {
  __m256 most = _mm256_setzero_ps();
  size_t i = 0;
  for (; i + 8 <= count; i += 8) most = _mm256_max_ps(most, absolute(_mm256_loadu_ps(x + i)));
  float result = largest(most);
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

float quantize_ternary(const float* x, size_t count, float threshold, uint8_t* codes) {
  const __m256 above = _mm256_set1_ps(threshold);
  const __m256 below = _mm256_set1_ps(-threshold);
  __m256 most = _mm256_setzero_ps();
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m256 first = _mm256_loadu_ps(x + i);
    const __m256 second = _mm256_loadu_ps(x + i + 8);
    most = _mm256_max_ps(most, _mm256_max_ps(absolute(first), absolute(second)));
    const __m128i bytes = narrow(codes_of(first, above, below), codes_of(second, above, below));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(codes + i), bytes);
  }
  float result = largest(most);
  for (; i < count; ++i) {
    const float size = __builtin_fabsf(x[i]);
    result = size > result ? size : result;
    codes[i] = static_cast<uint8_t>(size > threshold ? (x[i] > 0 ? 2 : 0) : 1);
  }
  return result;
}

void dequantize_ternary(const uint8_t* codes, size_t count, float scale, float* y) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes + i));
    const __m256i weights = _mm256_sub_epi32(_mm256_cvtepu8_epi32(bytes), _mm256_set1_epi32(1));
    const __m256 values = _mm256_cvtepi32_ps(weights);
    _mm256_storeu_ps(y + i, _mm256_mul_ps(values, _mm256_set1_ps(scale)));
  }
  for (; i < count; ++i) y[i] = static_cast<float>(codes[i] - 1) * scale;
}

float quantize_i8(const float* x, size_t cols, int8_t* codes) {
  float most = abs_max(x, cols);
  if (most < 1e-5F) most = 1e-5F;
  const float inverse = 127.0F / most;
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
  return most / 127.0F;
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

int32_t copy_sum(const int8_t* from, size_t count, int8_t* to) {
  __m256i sums = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i), bytes);
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), bytes);
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  alignas(32) int32_t lanes[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), sums);
  int32_t sum = 0;
  for (const int32_t lane : lanes) sum += lane;
  for (; i < count; ++i) {
    to[i] = from[i];
    sum += from[i];
  }
  return sum;
}

__m256i broadcast4(const int8_t* x) {
  int32_t word = 0;
  __builtin_memcpy(&word, x, sizeof(word));
  return _mm256_set1_epi32(word);
}

__m256i load(const uint8_t* at) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(at)); }

__m256i widen(__m256i sums) { return _mm256_madd_epi16(sums, _mm256_set1_epi16(1)); }

/// Sums of 8 rows to memory, less what the codes' offset of one has added. `rows` may be 0.
void store_rows(__m256i sums, int32_t x_sum, size_t rows, int32_t* y) {
  sums = _mm256_sub_epi32(sums, _mm256_set1_epi32(x_sum));
  if (rows >= 8) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(y), sums);
    return;
  }
  alignas(32) int32_t all[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(all), sums);
  for (size_t row = 0; row < rows; ++row) y[row] = all[row];
}

size_t rows_behind(size_t rows, size_t quarter) {
  return rows > 8 * quarter ? rows - 8 * quarter : 0;
}

/// Field F of 32 bytes of codes.
template <int F>
__m256i field(__m256i bytes) {
  return _mm256_and_si256(_mm256_srli_epi16(bytes, 2 * F), _mm256_set1_epi8(3));
}

template <int F>
inline __attribute__((always_inline)) void gemv_step(const __m256i (&tile)[4], const int8_t* x,
                                                     __m256i (&sums)[4]) {
  const __m256i four = broadcast4(x + 4 * F);
#pragma GCC unroll 4
  for (int q = 0; q < 4; ++q) {
    sums[q] = _mm256_add_epi16(sums[q], _mm256_maddubs_epi16(field<F>(tile[q]), four));
  }
}

void gemv_two_bit(const uint8_t* tiles, size_t tile_count, size_t begin, size_t end,
                  const int8_t* x, int32_t x_sum, int32_t* y) {
  const uint8_t* at = tiles + begin / kGroupRows * tile_count * kTileBytes;
  for (size_t row = begin; row < end; row += kGroupRows) {
    __m256i totals[4] = {};
    const int8_t* columns = x;
    for (size_t tile = 0; tile < tile_count;) {
      const size_t stop = tile + kTilesPerFlush < tile_count ? tile + kTilesPerFlush : tile_count;
      __m256i sums[4] = {};
      for (; tile < stop; ++tile, at += kTileBytes, columns += 16) {
        const __m256i bytes[4] = {load(at), load(at + kQuarter), load(at + 2 * kQuarter),
                                  load(at + 3 * kQuarter)};
        gemv_step<0>(bytes, columns, sums);
        gemv_step<1>(bytes, columns, sums);
        gemv_step<2>(bytes, columns, sums);
        gemv_step<3>(bytes, columns, sums);
      }
#pragma GCC unroll 4
      for (int q = 0; q < 4; ++q) totals[q] = _mm256_add_epi32(totals[q], widen(sums[q]));
    }
    for (size_t q = 0; q < 4; ++q) {
      const size_t left = rows_behind(end - row, q);
      if (left > 0) store_rows(totals[q], x_sum, left, y + row + 8 * q);
    }
  }
}

void unpack_two_bit(const uint8_t* group, size_t tile_count, uint8_t* quads) {
  for (size_t part = 0; part < 4 * tile_count; ++part, group += kQuarter) {
    const __m256i bytes = load(group);
    auto* to = reinterpret_cast<__m256i*>(quads + part / 4 * 4 * kQuadBytes + part % 4 * kQuarter);
    constexpr size_t kStep = kQuadBytes / sizeof(__m256i);
    _mm256_store_si256(to, field<0>(bytes));
    _mm256_store_si256(to + kStep, field<1>(bytes));
    _mm256_store_si256(to + 2 * kStep, field<2>(bytes));
    _mm256_store_si256(to + 3 * kStep, field<3>(bytes));
  }
}

/// 16 rows, of which `rows` are wanted, times N columns.
template <int N>
void gemm_half(const uint8_t* quads, size_t quad_count, size_t rows, const int8_t* panel,
               const int32_t* x_sums, int32_t* y, size_t stride) {
  alignas(32) __m256i totals[2 * N] = {};
  for (size_t quad = 0; quad < quad_count;) {
    const size_t stop = quad + kQuadsPerFlush < quad_count ? quad + kQuadsPerFlush : quad_count;
    __m256i low[N] = {};
    __m256i high[N] = {};
    for (; quad < stop; ++quad, quads += kQuadBytes, panel += 4 * N) {
      const __m256i first = load(quads);
      const __m256i second = load(quads + kQuarter);
#pragma GCC unroll 8
      for (int c = 0; c < N; ++c) {
        const __m256i four = broadcast4(panel + 4 * c);
        low[c] = _mm256_add_epi16(low[c], _mm256_maddubs_epi16(first, four));
        high[c] = _mm256_add_epi16(high[c], _mm256_maddubs_epi16(second, four));
      }
    }
#pragma GCC unroll 8
    for (int c = 0; c < N; ++c) {
      totals[2 * c] = _mm256_add_epi32(totals[2 * c], widen(low[c]));
      totals[2 * c + 1] = _mm256_add_epi32(totals[2 * c + 1], widen(high[c]));
    }
  }
  for (int c = 0; c < N; ++c) {
    store_rows(totals[2 * c], x_sums[c], rows, y + c * stride);
    if (rows > 8) store_rows(totals[2 * c + 1], x_sums[c], rows - 8, y + c * stride + 8);
  }
}

template <int N>
void gemm_panel(const uint8_t* quads, size_t quad_count, size_t rows, const int8_t* panel,
                const int32_t* x_sums, int32_t* y, size_t stride) {
  gemm_half<N>(quads, quad_count, rows, panel, x_sums, y, stride);
  if (rows <= 16) return;
  gemm_half<N>(quads + 2 * kQuarter, quad_count, rows - 16, panel, x_sums, y + 16, stride);
}

void gemm(const uint8_t* quads, size_t quad_count, size_t rows, const int8_t* panel, size_t width,
          const int32_t* x_sums, int32_t* y, size_t stride) {
  if (width == 6) return gemm_panel<6>(quads, quad_count, rows, panel, x_sums, y, stride);
  return gemm_panel<4>(quads, quad_count, rows, panel, x_sums, y, stride);
}

float lane_sum(__m256 sums) {
  alignas(32) float lanes[8];
  _mm256_store_ps(lanes, sums);
  float sum = 0;
  for (const float lane : lanes) sum += lane;
  return sum;
}

struct F16 {
  using Element = uint16_t;
  static __m256 load(const uint16_t* at) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
  }
  static float one(uint16_t bits) { return _cvtsh_ss(bits); }
};
struct BF16 {
  using Element = uint16_t;
  static __m256 load(const uint16_t* at) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
  static float one(uint16_t bits) {
    const uint32_t wide = static_cast<uint32_t>(bits) << 16;
    float value = 0;
    __builtin_memcpy(&value, &wide, sizeof(value));
    return value;
  }
};

/// R rows times C columns of activations.
template <class Type, int R, int C>
void float_block(const typename Type::Element* w, const typename Type::Element* x, size_t cols,
                 float* y, size_t stride) {
  __m256 sums[R][C] = {};
  size_t k = 0;
  for (; k + 8 <= cols; k += 8) {
    __m256 values[C];
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) values[c] = Type::load(x + c * cols + k);
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      const __m256 weights = Type::load(w + r * cols + k);
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) sums[r][c] = _mm256_fmadd_ps(weights, values[c], sums[r][c]);
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < C; ++c) {
      float sum = lane_sum(sums[r][c]);
      for (size_t tail = k; tail < cols; ++tail) {
        sum += Type::one(w[r * cols + tail]) * Type::one(x[c * cols + tail]);
      }
      y[c * stride + r] = sum;
    }
  }
}

template <class Type, int R>
void float_rows(const typename Type::Element* w, const typename Type::Element* x, size_t cols,
                size_t batch, float* y, size_t stride) {
  size_t b = 0;
  for (; b + 3 <= batch; b += 3) {
    float_block<Type, R, 3>(w, x + b * cols, cols, y + b * stride, stride);
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

__m128i to_f16(__m256 x) { return _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT); }

/// Adding half a unit, and the last kept bit where that makes the tie go to even, carries into what
/// stays. NaNs keep their upper half, made quiet.
__m128i to_bf16(__m256 x) {
  const __m256i bits = _mm256_castps_si256(x);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i half = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF));
  const __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, half), 16);
  const __m256i quiet = _mm256_or_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(0x40));
  const __m256i is_nan = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
  const __m256i lanes = _mm256_blendv_epi8(rounded, quiet, is_nan);
  return _mm_packus_epi32(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
}

template <__m128i (*kRound)(__m256)>
void quantize_half(const float* x, size_t count, uint16_t* y) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(y + i), kRound(_mm256_loadu_ps(x + i)));
  }
  if (i == count) return;
  alignas(32) float values[8] = {};
  alignas(16) uint16_t rounded[8];
  __builtin_memcpy(values, x + i, (count - i) * sizeof(float));
  _mm_store_si128(reinterpret_cast<__m128i*>(rounded), kRound(_mm256_load_ps(values)));
  __builtin_memcpy(y + i, rounded, (count - i) * sizeof(uint16_t));
}

template <class Type>
void dequantize_half(const uint16_t* x, size_t count, float* y) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) _mm256_storeu_ps(y + i, Type::load(x + i));
  for (; i < count; ++i) y[i] = Type::one(x[i]);
}

}  // namespace

const KernelTable kAvx2Kernels = {
    .two_bit = {.isa = kIsa,
                .columns = 16,
                .gemv = gemv_two_bit,
                .unpack = unpack_two_bit,
                .gemm = gemm,
                .panels = {6, 4},
                .unpacked = true},
    .copy_sum = {kIsa, copy_sum},
    .abs_sum = {kIsa, abs_sum},
    .quantize_ternary = {kIsa, quantize_ternary},
    .dequantize_ternary = {kIsa, dequantize_ternary},
    .quantize_i8 = {kIsa, quantize_i8},
    .dequantize_i8 = {kIsa, dequantize_i8},
    .quantize_f16 = {kIsa, quantize_half<to_f16>},
    .dequantize_f16 = {kIsa, dequantize_half<F16>},
    .quantize_bf16 = {kIsa, quantize_half<to_bf16>},
    .dequantize_bf16 = {kIsa, dequantize_half<BF16>},
    .matmul_f16 = {kIsa, matmul<F16>},
    .matmul_bf16 = {kIsa, matmul<BF16>},
};

}  // namespace cpu_simd

// The kernels on AVX-512 with VNNI: vpdpbusd adds four products of unsigned codes and signed
// activations to each int32 lane, so nothing can wrap on the way. A tile is one register.
#include <immintrin.h>

#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

constexpr size_t kPrefetchBytes = 4096;
// A lane of the fourth field grows by at most 64 * 2 * 4 * 128 = 2^16 a tile.
constexpr size_t kTilesPerFlush = 16384;

void quantize_i2_s(const float* x, size_t cols, size_t begin, size_t end, float threshold,
                   uint8_t* codes) {
  const __m512 above = _mm512_set1_ps(threshold);
  const __m512 below = _mm512_set1_ps(-threshold);
  for (size_t row = begin; row < end; ++row) {
    uint8_t* lane = codes + row / kGroupRows * kGroupRows * cols / 4 + row % kGroupRows * 4;
    for (size_t col = 0; col < cols; col += kTileCols, lane += kTileBytes) {
      const __m512 values = _mm512_loadu_ps(x + row * cols + col);
      const __mmask16 is_plus = _mm512_cmp_ps_mask(values, above, _CMP_GT_OQ);
      const __mmask16 is_minus = _mm512_cmp_ps_mask(values, below, _CMP_LT_OQ);
      const __m512i plus =
          _mm512_mask_mov_epi32(_mm512_set1_epi32(1), is_plus, _mm512_set1_epi32(2));
      const __m512i code = _mm512_mask_mov_epi32(plus, is_minus, _mm512_setzero_si512());
      const __m128i placed = _mm_sllv_epi32(_mm512_cvtepi32_epi8(code), _mm_setr_epi32(0, 2, 4, 6));
      const __m128i half = _mm_or_si128(placed, _mm_unpackhi_epi64(placed, placed));
      const __m128i whole = _mm_or_si128(half, _mm_shuffle_epi32(half, _MM_SHUFFLE(1, 1, 1, 1)));
      const uint32_t word = static_cast<uint32_t>(_mm_cvtsi128_si32(whole));
      __builtin_memcpy(lane, &word, sizeof(word));
    }
  }
}

__m512i broadcast4(const int8_t* x) {
  int32_t word = 0;
  __builtin_memcpy(&word, x, sizeof(word));
  return _mm512_set1_epi32(word);
}

void store_rows(__m512i sums, int32_t x_sum, size_t rows, int32_t* y) {
  const __mmask16 mask = rows >= kGroupRows ? 0xFFFF : static_cast<__mmask16>((1U << rows) - 1);
  _mm512_mask_storeu_epi32(y, mask, _mm512_sub_epi32(sums, _mm512_set1_epi32(x_sum)));
}

/// Sums of the four fields where they lie: they are 1, 4, 16 and 64 times too large.
struct FieldSums {
  __m512i field[4];
};

inline __attribute__((always_inline)) void gemv_tile(const uint8_t* at, const int8_t* x,
                                                     FieldSums& sums) {
  const __m512i tile = _mm512_load_si512(reinterpret_cast<const void*>(at));
  const __m512i masks[4] = {_mm512_set1_epi8(0x03), _mm512_set1_epi8(0x0C), _mm512_set1_epi8(0x30),
                            _mm512_set1_epi8(static_cast<char>(0xC0))};
#pragma GCC unroll 4
  for (int f = 0; f < 4; ++f) {
    const __m512i codes = _mm512_and_si512(tile, masks[f]);
    sums.field[f] = _mm512_dpbusd_epi32(sums.field[f], codes, broadcast4(x + 4 * f));
  }
}

/// Exact: each field's sum is a multiple of what it is divided by.
__m512i fold(const FieldSums& sums) {
  const __m512i low = _mm512_add_epi32(sums.field[0], _mm512_srai_epi32(sums.field[1], 2));
  const __m512i high =
      _mm512_add_epi32(_mm512_srai_epi32(sums.field[2], 4), _mm512_srai_epi32(sums.field[3], 6));
  return _mm512_add_epi32(low, high);
}

void gemv_i2_s(const uint8_t* codes, size_t cols, size_t begin, size_t end, const int8_t* x,
               int32_t x_sum, int32_t* y) {
  const size_t tiles = cols / kTileCols;
  const uint8_t* at = codes + begin * cols / 4;
  for (size_t row = begin; row < end; row += kGroupRows) {
    __m512i total = _mm512_setzero_si512();
    // cols is a multiple of 128, so tiles come in pairs: two sets of sums hide the latency.
    for (size_t tile = 0; tile < tiles;) {
      const size_t stop = tile + kTilesPerFlush < tiles ? tile + kTilesPerFlush : tiles;
      FieldSums even = {};
      FieldSums odd = {};
      for (; tile < stop; tile += 2, at += 2 * kTileBytes) {
        // The stream goes on across groups, so this reaches into the next one's tiles in time.
        _mm_prefetch(reinterpret_cast<const char*>(at + kPrefetchBytes), _MM_HINT_T0);
        _mm_prefetch(reinterpret_cast<const char*>(at + kPrefetchBytes + kTileBytes), _MM_HINT_T0);
        gemv_tile(at, x + tile * kTileCols, even);
        gemv_tile(at + kTileBytes, x + (tile + 1) * kTileCols, odd);
      }
      total = _mm512_add_epi32(total, _mm512_add_epi32(fold(even), fold(odd)));
    }
    store_rows(total, x_sum, end - row, y + row);
  }
}

/// One step of a GEMM: field F of a tile times four activations of each of N columns.
template <int F, int N>
inline __attribute__((always_inline)) void gemm_step(__m512i tile, const int8_t* panel,
                                                     __m512i (&sums)[N]) {
  const __m512i codes = _mm512_and_si512(_mm512_srli_epi16(tile, 2 * F), _mm512_set1_epi8(3));
#pragma GCC unroll 16
  for (int c = 0; c < N; ++c) {
    sums[c] = _mm512_dpbusd_epi32(sums[c], codes, broadcast4(panel + 4 * (F * N + c)));
  }
}

template <int N>
void gemm_panel(const uint8_t* codes, size_t cols, size_t begin, size_t end, const int8_t* panel,
                const int32_t* x_sums, int32_t* y, size_t stride) {
  const size_t tiles = cols / kTileCols;
  for (size_t row = begin; row < end; row += kGroupRows) {
    const uint8_t* at = codes + row * cols / 4;
    const int8_t* columns = panel;
    __m512i sums[N] = {};
    for (size_t tile = 0; tile < tiles; ++tile, at += kTileBytes, columns += kTileCols * N) {
      const __m512i bytes = _mm512_load_si512(reinterpret_cast<const void*>(at));
      gemm_step<0, N>(bytes, columns, sums);
      gemm_step<1, N>(bytes, columns, sums);
      gemm_step<2, N>(bytes, columns, sums);
      gemm_step<3, N>(bytes, columns, sums);
    }
#pragma GCC unroll 16
    for (int c = 0; c < N; ++c) store_rows(sums[c], x_sums[c], end - row, y + c * stride + row);
  }
}

void gemm_i2_s(const uint8_t* codes, size_t cols, size_t begin, size_t end, const int8_t* panel,
               size_t width, const int32_t* x_sums, int32_t* y, size_t stride) {
  switch (width) {
    case 16:
      return gemm_panel<16>(codes, cols, begin, end, panel, x_sums, y, stride);
    case 8:
      return gemm_panel<8>(codes, cols, begin, end, panel, x_sums, y, stride);
    case 4:
      return gemm_panel<4>(codes, cols, begin, end, panel, x_sums, y, stride);
    case 2:
      return gemm_panel<2>(codes, cols, begin, end, panel, x_sums, y, stride);
    default:
      return gemm_panel<1>(codes, cols, begin, end, panel, x_sums, y, stride);
  }
}

/// R rows times C columns of activations.
template <int R, int C>
void f32_block(const float* w, const float* x, size_t cols, float* y, size_t stride) {
  __m512 sums[R][C] = {};
  for (size_t k = 0; k < cols; k += 16) {
    const __mmask16 mask = k + 16 <= cols ? 0xFFFF : static_cast<__mmask16>((1U << (cols - k)) - 1);
    __m512 values[C];
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) values[c] = _mm512_maskz_loadu_ps(mask, x + c * cols + k);
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      const __m512 weights = _mm512_maskz_loadu_ps(mask, w + r * cols + k);
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) sums[r][c] = _mm512_fmadd_ps(weights, values[c], sums[r][c]);
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < C; ++c) y[c * stride + r] = _mm512_reduce_add_ps(sums[r][c]);
  }
}

template <int R>
void f32_rows(const float* w, const float* x, size_t cols, size_t batch, float* y, size_t stride) {
  size_t b = 0;
  for (; b + 4 <= batch; b += 4) f32_block<R, 4>(w, x + b * cols, cols, y + b * stride, stride);
  for (; b < batch; ++b) f32_block<R, 1>(w, x + b * cols, cols, y + b * stride, stride);
}

void matmul_f32(const float* w, const float* x, size_t cols, size_t begin, size_t end, size_t batch,
                float* y, size_t stride) {
  size_t row = begin;
  for (; row + 4 <= end; row += 4) f32_rows<4>(w + row * cols, x, cols, batch, y + row, stride);
  for (; row < end; ++row) f32_rows<1>(w + row * cols, x, cols, batch, y + row, stride);
}

}  // namespace

const Avx512VnniKernels kAvx512VnniKernels = {
    {16, 8, 4, 2, 1},
    {"avx512vnni/i2_s_quantize", quantize_i2_s},
    {"avx512vnni/i2_s_gemv", gemv_i2_s},
    {"avx512vnni/i2_s_gemm", gemm_i2_s},
    {"avx512vnni/f32_matmul", matmul_f32},
};

}  // namespace cpu_simd

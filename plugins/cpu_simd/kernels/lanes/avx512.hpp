// 16 lanes of f32 in a register of AVX-512; scalar.hpp says what they compute.
#pragma once

#include <immintrin.h>

#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

struct Lanes {
  __m512 lane;

  static constexpr int kRows = 6;
  static constexpr int kCols = 4;
  static constexpr int kBatch = 4;

  static Lanes all(float value) { return {_mm512_set1_ps(value)}; }
  static Lanes load(const float* at) { return {_mm512_loadu_ps(at)}; }
  static Lanes load(const float* at, size_t count) {
    return {_mm512_maskz_loadu_ps(first(count), at)};
  }
  static Lanes load_f16(const uint16_t* at, size_t count) {
    return {_mm512_cvtph_ps(_mm256_maskz_loadu_epi16(first(count), at))};
  }
  static Lanes load_bf16(const uint16_t* at, size_t count) {
    return {widened(_mm256_maskz_loadu_epi16(first(count), at))};
  }
  static void load_two_f16(const uint16_t* at, Lanes (&to)[2]) {
    const __m512i both = _mm512_loadu_si512(at);
    to[0].lane = _mm512_cvtph_ps(_mm512_castsi512_si256(both));
    to[1].lane = _mm512_cvtph_ps(_mm512_extracti64x4_epi64(both, 1));
  }
  static void load_two_bf16(const uint16_t* at, Lanes (&to)[2]) {
    const __m512i both = _mm512_loadu_si512(at);
    to[0].lane = widened(_mm512_castsi512_si256(both));
    to[1].lane = widened(_mm512_extracti64x4_epi64(both, 1));
  }
  static Lanes load_i32(const int32_t* at, size_t count) {
    return {_mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(first(count), at))};
  }
  void store(float* at) const { _mm512_storeu_ps(at, lane); }
  void store(float* at, size_t count) const { _mm512_mask_storeu_ps(at, first(count), lane); }

  friend Lanes operator+(const Lanes& a, const Lanes& b) { return {_mm512_add_ps(a.lane, b.lane)}; }
  friend Lanes operator-(const Lanes& a, const Lanes& b) { return {_mm512_sub_ps(a.lane, b.lane)}; }
  friend Lanes operator*(const Lanes& a, const Lanes& b) { return {_mm512_mul_ps(a.lane, b.lane)}; }
  friend Lanes operator/(const Lanes& a, const Lanes& b) { return {_mm512_div_ps(a.lane, b.lane)}; }
  static Lanes fma(const Lanes& a, const Lanes& b, const Lanes& c) {
    return {_mm512_fmadd_ps(a.lane, b.lane, c.lane)};
  }
  static Lanes max(const Lanes& a, const Lanes& b) { return {_mm512_max_ps(a.lane, b.lane)}; }
  static Lanes unless_below(const Lanes& x, const Lanes& limit, const Lanes& value) {
    const __mmask16 kept = _mm512_cmp_ps_mask(x.lane, limit.lane, _CMP_NLT_UQ);
    return {_mm512_maskz_mov_ps(kept, value.lane)};
  }
  static Lanes scale_by_power(const Lanes& x, const Lanes& bits) {
    const __m512i power = _mm512_slli_epi32(_mm512_castps_si512(bits.lane), 23);
    return {_mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(x.lane), power))};
  }

  [[nodiscard]] float sum() const {
    const __m512 swapped = _mm512_shuffle_f32x4(lane, lane, _MM_SHUFFLE(1, 0, 3, 2));
    const __m256 eight = _mm512_castps512_ps256(_mm512_add_ps(lane, swapped));
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
  [[nodiscard]] float largest() const { return _mm512_reduce_max_ps(lane); }
  static uint32_t equal(const Lanes& a, const Lanes& b) {
    return _mm512_cmp_ps_mask(a.lane, b.lane, _CMP_EQ_OQ);
  }

  static void transpose(Lanes (&rows)[16]) {
    __m512 pairs[16];
    for (int i = 0; i < 16; i += 2) {
      pairs[i] = _mm512_unpacklo_ps(rows[i].lane, rows[i + 1].lane);
      pairs[i + 1] = _mm512_unpackhi_ps(rows[i].lane, rows[i + 1].lane);
    }
    __m512 fours[16];  // 4 i + j: columns j, j + 4, j + 8, j + 12 of rows 4 i … 4 i + 3
    for (int i = 0; i < 16; i += 4) {
      for (int j = 0; j < 2; ++j) {
        const __m512d low = _mm512_castps_pd(pairs[i + j]);
        const __m512d high = _mm512_castps_pd(pairs[i + 2 + j]);
        fours[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, high));
        fours[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, high));
      }
    }
    for (int j = 0; j < 4; ++j) {
      const __m512 low_even = _mm512_shuffle_f32x4(fours[j], fours[4 + j], 0x88);
      const __m512 low_odd = _mm512_shuffle_f32x4(fours[j], fours[4 + j], 0xDD);
      const __m512 high_even = _mm512_shuffle_f32x4(fours[8 + j], fours[12 + j], 0x88);
      const __m512 high_odd = _mm512_shuffle_f32x4(fours[8 + j], fours[12 + j], 0xDD);
      rows[j].lane = _mm512_shuffle_f32x4(low_even, high_even, 0x88);
      rows[8 + j].lane = _mm512_shuffle_f32x4(low_even, high_even, 0xDD);
      rows[4 + j].lane = _mm512_shuffle_f32x4(low_odd, high_odd, 0x88);
      rows[12 + j].lane = _mm512_shuffle_f32x4(low_odd, high_odd, 0xDD);
    }
  }

 private:
  static __m512 widened(__m256i bf16) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bf16), 16));
  }
  static __mmask16 first(size_t count) {
    return static_cast<__mmask16>(count >= 16 ? 0xFFFFU : (1U << count) - 1);
  }
};

inline float square_root(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }

}  // namespace
}  // namespace cpu_simd

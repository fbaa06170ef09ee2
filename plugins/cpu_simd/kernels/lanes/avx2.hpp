// 16 lanes of f32 in two registers of AVX2 with FMA and F16C; scalar.hpp says what they compute.
#pragma once

#include <immintrin.h>

#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

struct Lanes {
  __m256 low;
  __m256 high;

  static constexpr int kRows = 4;
  static constexpr int kCols = 1;
  static constexpr int kBatch = 1;

  static Lanes all(float value) { return {_mm256_set1_ps(value), _mm256_set1_ps(value)}; }
  static Lanes load(const float* at) { return {_mm256_loadu_ps(at), _mm256_loadu_ps(at + 8)}; }
  static Lanes load(const float* at, size_t count) {
    return count >= 16 ? load(at) : load(Part<float>(at, count).elements);
  }
  static Lanes load_f16(const uint16_t* at, size_t count) {
    if (count < 16) return load_f16(Part<uint16_t>(at, count).elements, 16);
    return {_mm256_cvtph_ps(eight(at)), _mm256_cvtph_ps(eight(at + 8))};
  }
  static Lanes load_bf16(const uint16_t* at, size_t count) {
    if (count < 16) return load_bf16(Part<uint16_t>(at, count).elements, 16);
    return {from_bf16(eight(at)), from_bf16(eight(at + 8))};
  }
  static void load_two_f16(const uint16_t* at, Lanes (&to)[2]) {
    to[0] = load_f16(at, 16);
    to[1] = load_f16(at + 16, 16);
  }
  static void load_two_bf16(const uint16_t* at, Lanes (&to)[2]) {
    to[0] = load_bf16(at, 16);
    to[1] = load_bf16(at + 16, 16);
  }
  static Lanes load_i32(const int32_t* at, size_t count) {
    if (count < 16) return load_i32(Part<int32_t>(at, count).elements, 16);
    const auto* from = reinterpret_cast<const __m256i*>(at);
    return {_mm256_cvtepi32_ps(_mm256_loadu_si256(from)),
            _mm256_cvtepi32_ps(_mm256_loadu_si256(from + 1))};
  }
  void store(float* at) const {
    _mm256_storeu_ps(at, low);
    _mm256_storeu_ps(at + 8, high);
  }
  void store(float* at, size_t count) const {
    if (count >= 16) return store(at);
    float elements[16];
    store(elements);
    for (size_t i = 0; i < count; ++i) at[i] = elements[i];
  }

  friend Lanes operator+(const Lanes& a, const Lanes& b) {
    return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
  }
  friend Lanes operator-(const Lanes& a, const Lanes& b) {
    return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
  }
  friend Lanes operator*(const Lanes& a, const Lanes& b) {
    return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
  }
  friend Lanes operator/(const Lanes& a, const Lanes& b) {
    return {_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)};
  }
  static Lanes fma(const Lanes& a, const Lanes& b, const Lanes& c) {
    return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
  }
  static Lanes max(const Lanes& a, const Lanes& b) {
    return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
  }
  static Lanes unless_below(const Lanes& x, const Lanes& limit, const Lanes& value) {
    const __m256 low_kept = _mm256_cmp_ps(x.low, limit.low, _CMP_NLT_UQ);
    const __m256 high_kept = _mm256_cmp_ps(x.high, limit.high, _CMP_NLT_UQ);
    return {_mm256_and_ps(low_kept, value.low), _mm256_and_ps(high_kept, value.high)};
  }
  static Lanes scale_by_power(const Lanes& x, const Lanes& bits) {
    return {scale_by_power(x.low, bits.low), scale_by_power(x.high, bits.high)};
  }

  [[nodiscard]] float sum() const {
    const __m256 eight = _mm256_add_ps(low, high);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
  [[nodiscard]] float largest() const {
    const __m256 eight = _mm256_max_ps(low, high);
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
  }
  static uint32_t equal(const Lanes& a, const Lanes& b) {
    const int low = _mm256_movemask_ps(_mm256_cmp_ps(a.low, b.low, _CMP_EQ_OQ));
    const int high = _mm256_movemask_ps(_mm256_cmp_ps(a.high, b.high, _CMP_EQ_OQ));
    return static_cast<uint32_t>(low | high << 8);
  }

  static void transpose(Lanes (&rows)[16]) {
    __m256 quarter[8];
    for (int i = 0; i < 8; ++i) quarter[i] = rows[i].high;  // to where rows 8 … 15 have their low
    for (int i = 0; i < 8; ++i) {
      rows[i].high = rows[8 + i].low;
      rows[8 + i].low = quarter[i];
    }
    for (int half = 0; half < 16; half += 8) {
      for (int i = 0; i < 8; ++i) quarter[i] = rows[half + i].low;
      transpose(quarter);
      for (int i = 0; i < 8; ++i) rows[half + i].low = quarter[i];
      for (int i = 0; i < 8; ++i) quarter[i] = rows[half + i].high;
      transpose(quarter);
      for (int i = 0; i < 8; ++i) rows[half + i].high = quarter[i];
    }
  }

 private:
  /// Some elements, with zeros up to 16.
  template <class T>
  struct Part {
    T elements[16] = {};
    Part(const T* at, size_t count) {
      for (size_t i = 0; i < count; ++i) elements[i] = at[i];
    }
  };

  static __m128i eight(const uint16_t* at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  }
  static __m256 from_bf16(__m128i bits) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
  static __m256 scale_by_power(__m256 x, __m256 bits) {
    const __m256i power = _mm256_slli_epi32(_mm256_castps_si256(bits), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), power));
  }

  static void transpose(__m256 (&rows)[8]) {
    __m256 fours[8];  // 4 i + j: columns j and j + 4 of rows 4 i … 4 i + 3
    for (int i = 0; i < 8; i += 4) {
      const __m256 a = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
      const __m256 b = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
      const __m256 c = _mm256_unpacklo_ps(rows[i + 2], rows[i + 3]);
      const __m256 d = _mm256_unpackhi_ps(rows[i + 2], rows[i + 3]);
      fours[i] = _mm256_shuffle_ps(a, c, 0x44);
      fours[i + 1] = _mm256_shuffle_ps(a, c, 0xEE);
      fours[i + 2] = _mm256_shuffle_ps(b, d, 0x44);
      fours[i + 3] = _mm256_shuffle_ps(b, d, 0xEE);
    }
    for (int j = 0; j < 4; ++j) {
      rows[j] = _mm256_permute2f128_ps(fours[j], fours[4 + j], 0x20);
      rows[4 + j] = _mm256_permute2f128_ps(fours[j], fours[4 + j], 0x31);
    }
  }
};

inline float square_root(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }

}  // namespace
}  // namespace cpu_simd

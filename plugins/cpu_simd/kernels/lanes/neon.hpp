// 16 lanes of f32 in four registers of NEON; scalar.hpp says what they compute.
#pragma once

#include <arm_neon.h>

#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

struct Lanes {
  float32x4_t lane[4];

  static constexpr int kRows = 6;
  static constexpr int kCols = 1;
  static constexpr int kBatch = 1;

  static Lanes all(float value) {
    const float32x4_t four = vdupq_n_f32(value);
    return {{four, four, four, four}};
  }
  static Lanes load(const float* at) {
    return {{vld1q_f32(at), vld1q_f32(at + 4), vld1q_f32(at + 8), vld1q_f32(at + 12)}};
  }
  static Lanes load(const float* at, size_t count) {
    return count >= 16 ? load(at) : load(Part<float>(at, count).elements);
  }
  static Lanes load_f16(const uint16_t* at, size_t count) {
    if (count < 16) return load_f16(Part<uint16_t>(at, count).elements, 16);
    const auto four = [at](int i) {
      return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(at + 4 * i)));
    };
    return {{four(0), four(1), four(2), four(3)}};
  }
  static Lanes load_bf16(const uint16_t* at, size_t count) {
    if (count < 16) return load_bf16(Part<uint16_t>(at, count).elements, 16);
    const auto four = [at](int i) {
      return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(at + 4 * i), 16));
    };
    return {{four(0), four(1), four(2), four(3)}};
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
    const auto four = [at](int i) { return vcvtq_f32_s32(vld1q_s32(at + 4 * i)); };
    return {{four(0), four(1), four(2), four(3)}};
  }
  void store(float* at) const {
    for (int i = 0; i < 4; ++i) vst1q_f32(at + 4 * i, lane[i]);
  }
  void store(float* at, size_t count) const {
    if (count >= 16) return store(at);
    float elements[16];
    store(elements);
    for (size_t i = 0; i < count; ++i) at[i] = elements[i];
  }

  friend Lanes operator+(const Lanes& a, const Lanes& b) {
    return each([&](int i) { return vaddq_f32(a.lane[i], b.lane[i]); });
  }
  friend Lanes operator-(const Lanes& a, const Lanes& b) {
    return each([&](int i) { return vsubq_f32(a.lane[i], b.lane[i]); });
  }
  friend Lanes operator*(const Lanes& a, const Lanes& b) {
    return each([&](int i) { return vmulq_f32(a.lane[i], b.lane[i]); });
  }
  friend Lanes operator/(const Lanes& a, const Lanes& b) {
    return each([&](int i) { return vdivq_f32(a.lane[i], b.lane[i]); });
  }
  static Lanes fma(const Lanes& a, const Lanes& b, const Lanes& c) {
    return each([&](int i) { return vfmaq_f32(c.lane[i], a.lane[i], b.lane[i]); });
  }
  static Lanes max(const Lanes& a, const Lanes& b) {
    return each([&](int i) { return larger(a.lane[i], b.lane[i]); });
  }
  static Lanes unless_below(const Lanes& x, const Lanes& limit, const Lanes& value) {
    return each([&](int i) {
      const uint32x4_t below = vcltq_f32(x.lane[i], limit.lane[i]);
      return vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(value.lane[i]), below));
    });
  }
  static Lanes scale_by_power(const Lanes& x, const Lanes& bits) {
    return each([&](int i) {
      const uint32x4_t power = vshlq_n_u32(vreinterpretq_u32_f32(bits.lane[i]), 23);
      return vreinterpretq_f32_u32(vaddq_u32(vreinterpretq_u32_f32(x.lane[i]), power));
    });
  }

  [[nodiscard]] float sum() const {
    const float32x4_t four = vaddq_f32(vaddq_f32(lane[0], lane[2]), vaddq_f32(lane[1], lane[3]));
    const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
  }
  [[nodiscard]] float largest() const {
    const float32x4_t four = larger(larger(lane[0], lane[2]), larger(lane[1], lane[3]));
    return vmaxvq_f32(four);
  }
  static uint32_t equal(const Lanes& a, const Lanes& b) {
    const uint32_t weights[4] = {1, 2, 4, 8};
    uint32_t bits = 0;
    for (int i = 0; i < 4; ++i) {
      const uint32x4_t same = vceqq_f32(a.lane[i], b.lane[i]);
      bits |= vaddvq_u32(vandq_u32(same, vld1q_u32(weights))) << (4 * i);
    }
    return bits;
  }

  static void transpose(Lanes (&rows)[16]) {
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j <= i; ++j) {
        float32x4_t here[4];
        float32x4_t there[4];
        turn(rows, i, j, here);
        turn(rows, j, i, there);
        for (int r = 0; r < 4; ++r) rows[4 * i + r].lane[j] = there[r];
        for (int r = 0; r < 4; ++r) rows[4 * j + r].lane[i] = here[r];
      }
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

  template <class Four>
  static Lanes each(const Four& four) {
    return {{four(0), four(1), four(2), four(3)}};
  }
  static float32x4_t larger(float32x4_t a, float32x4_t b) {
    return vbslq_f32(vcgtq_f32(a, b), a, b);
  }
  /// The 4 x 4 square at row 4 i, column 4 j, transposed.
  static void turn(const Lanes (&rows)[16], int i, int j, float32x4_t (&out)[4]) {
    const float32x4x2_t a = vtrnq_f32(rows[4 * i].lane[j], rows[4 * i + 1].lane[j]);
    const float32x4x2_t b = vtrnq_f32(rows[4 * i + 2].lane[j], rows[4 * i + 3].lane[j]);
    out[0] = vcombine_f32(vget_low_f32(a.val[0]), vget_low_f32(b.val[0]));
    out[1] = vcombine_f32(vget_low_f32(a.val[1]), vget_low_f32(b.val[1]));
    out[2] = vcombine_f32(vget_high_f32(a.val[0]), vget_high_f32(b.val[0]));
    out[3] = vcombine_f32(vget_high_f32(a.val[1]), vget_high_f32(b.val[1]));
  }
};

inline float square_root(float x) { return vget_lane_f32(vsqrt_f32(vdup_n_f32(x)), 0); }

}  // namespace
}  // namespace cpu_simd

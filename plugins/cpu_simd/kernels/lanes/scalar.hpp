// 16 lanes of f32 in plain C++: what the others compute, too.
#pragma once

#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

struct Lanes {
  float lane[16];

  static constexpr int kRows = 2;   ///< rows of sums by
  static constexpr int kCols = 1;   ///< vectors of them that the registers hold, beside operands
  static constexpr int kBatch = 1;  ///< the same by 4 rows

  static Lanes all(float value) {
    Lanes out;
    for (float& x : out.lane) x = value;
    return out;
  }
  /// The first `count` from memory, 0 behind them.
  static Lanes load(const float* at) { return load(at, 16); }
  static Lanes load(const float* at, size_t count) {
    Lanes out;
    for (size_t i = 0; i < 16; ++i) out.lane[i] = i < count ? at[i] : 0;
    return out;
  }
  static Lanes load_f16(const uint16_t* at, size_t count) {
    Lanes out;
    for (size_t i = 0; i < 16; ++i) out.lane[i] = i < count ? from_f16(at[i]) : 0;
    return out;
  }
  static Lanes load_bf16(const uint16_t* at, size_t count) {
    Lanes out;
    for (size_t i = 0; i < 16; ++i) {
      out.lane[i] = i < count ? float_of(static_cast<uint32_t>(at[i]) << 16) : 0;
    }
    return out;
  }
  /// 32 of them: a cache line.
  static void load_two_f16(const uint16_t* at, Lanes (&to)[2]) {
    to[0] = load_f16(at, 16);
    to[1] = load_f16(at + 16, 16);
  }
  static void load_two_bf16(const uint16_t* at, Lanes (&to)[2]) {
    to[0] = load_bf16(at, 16);
    to[1] = load_bf16(at + 16, 16);
  }
  /// Converted to f32, to nearest.
  static Lanes load_i32(const int32_t* at, size_t count) {
    Lanes out;
    for (size_t i = 0; i < 16; ++i) out.lane[i] = i < count ? static_cast<float>(at[i]) : 0;
    return out;
  }
  void store(float* at) const { store(at, 16); }
  void store(float* at, size_t count) const {
    for (size_t i = 0; i < count && i < 16; ++i) at[i] = lane[i];
  }

  friend Lanes operator+(const Lanes& a, const Lanes& b) {
    return map([&](size_t i) { return a.lane[i] + b.lane[i]; });
  }
  friend Lanes operator-(const Lanes& a, const Lanes& b) {
    return map([&](size_t i) { return a.lane[i] - b.lane[i]; });
  }
  friend Lanes operator*(const Lanes& a, const Lanes& b) {
    return map([&](size_t i) { return a.lane[i] * b.lane[i]; });
  }
  friend Lanes operator/(const Lanes& a, const Lanes& b) {
    return map([&](size_t i) { return a.lane[i] / b.lane[i]; });
  }
  /// a * b + c, rounded once.
  static Lanes fma(const Lanes& a, const Lanes& b, const Lanes& c) {
    return map([&](size_t i) { return __builtin_fmaf(a.lane[i], b.lane[i], c.lane[i]); });
  }
  /// b where a is not larger, so b if either is not a number.
  static Lanes max(const Lanes& a, const Lanes& b) {
    return map([&](size_t i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
  }
  /// value where x >= limit or x is not a number, else 0.
  static Lanes unless_below(const Lanes& x, const Lanes& limit, const Lanes& value) {
    return map([&](size_t i) { return x.lane[i] < limit.lane[i] ? 0.0F : value.lane[i]; });
  }
  /// x * 2^n, n being the integer that the low bits of `bits` hold.
  static Lanes scale_by_power(const Lanes& x, const Lanes& bits) {
    return map(
        [&](size_t i) { return float_of(bits_of(x.lane[i]) + (bits_of(bits.lane[i]) << 23)); });
  }

  [[nodiscard]] float sum() const {
    float part[16];
    for (size_t i = 0; i < 16; ++i) part[i] = lane[i];
    for (size_t width = 8; width > 0; width /= 2) {
      for (size_t i = 0; i < width; ++i) part[i] += part[i + width];
    }
    return part[0];
  }
  [[nodiscard]] float largest() const {
    float out = lane[0];
    for (const float x : lane) out = x > out ? x : out;
    return out;
  }
  /// Bit i: lane i of a equals that of b.
  static uint32_t equal(const Lanes& a, const Lanes& b) {
    uint32_t bits = 0;
    for (size_t i = 0; i < 16; ++i) bits |= static_cast<uint32_t>(a.lane[i] == b.lane[i]) << i;
    return bits;
  }

  /// Row i, column j to row j, column i.
  static void transpose(Lanes (&rows)[16]) {
    for (size_t i = 0; i < 16; ++i) {
      for (size_t j = 0; j < i; ++j) {
        const float kept = rows[i].lane[j];
        rows[i].lane[j] = rows[j].lane[i];
        rows[j].lane[i] = kept;
      }
    }
  }

 private:
  template <class Value>
  static Lanes map(const Value& value) {
    Lanes out;
    for (size_t i = 0; i < 16; ++i) out.lane[i] = value(i);
    return out;
  }
  static uint32_t bits_of(float value) {
    uint32_t bits = 0;
    __builtin_memcpy(&bits, &value, sizeof(bits));
    return bits;
  }
  static float float_of(uint32_t bits) {
    float value = 0;
    __builtin_memcpy(&value, &bits, sizeof(value));
    return value;
  }
  static float from_f16(uint16_t bits) {
    const uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
    const uint32_t size = static_cast<uint32_t>(bits & 0x7FFF) << 13;
    if (size >= 0x7C00U << 13) return float_of(sign | 0x7F800000 | size);
    // As a float it is 2^112 too small, which a product mends for subnormal numbers too.
    return float_of(sign | bits_of(float_of(size) * 0x1p112F));
  }
};

inline float square_root(float x) { return __builtin_sqrtf(x); }

}  // namespace
}  // namespace cpu_simd

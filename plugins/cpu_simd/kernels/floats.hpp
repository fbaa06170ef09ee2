// The kernels of float_kernels.hpp over Lanes, which an instruction set's file includes before
// this. Everything is in a nameless namespace: what is compiled for one instruction set must not be
// found by the linker for another.
#pragma once

#include "float_kernels.hpp"

namespace cpu_simd {
namespace {

inline constexpr size_t kLanes = 16;

constexpr size_t least(size_t a, size_t b) { return a < b ? a : b; }

struct F32 {
  using Element = float;
  static Lanes load(const float* at, size_t count) { return Lanes::load(at, count); }
  static void load_two(const float* at, Lanes (&to)[2]) {
    to[0] = Lanes::load(at);
    to[1] = Lanes::load(at + 16);
  }
};
struct F16 {
  using Element = uint16_t;
  static Lanes load(const uint16_t* at, size_t count) { return Lanes::load_f16(at, count); }
  static void load_two(const uint16_t* at, Lanes (&to)[2]) { Lanes::load_two_f16(at, to); }
};
struct BF16 {
  using Element = uint16_t;
  static Lanes load(const uint16_t* at, size_t count) { return Lanes::load_bf16(at, count); }
  static void load_two(const uint16_t* at, Lanes (&to)[2]) { Lanes::load_two_bf16(at, to); }
};

/// R rows of weights times C of activations, columns [k, k + count).
template <class Type, int R, int C>
inline __attribute__((always_inline)) void multiply_step(const typename Type::Element* w,
                                                         const float* x, size_t cols, size_t k,
                                                         size_t count, Lanes (&sums)[R][C]) {
  Lanes values[C];
#pragma GCC unroll 4
  for (int c = 0; c < C; ++c) values[c] = Lanes::load(x + c * cols + k, count);
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) {
    const Lanes weights = Type::load(w + r * cols + k, count);
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) sums[r][c] = Lanes::fma(weights, values[c], sums[r][c]);
  }
}

template <class Type, int R, int C>
void multiply_block(const typename Type::Element* w, const float* x, size_t cols, float* y,
                    size_t stride) {
  Lanes sums[R][C];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) sums[r][c] = Lanes::all(0);
  }
  size_t k = 0;
  for (; k + kLanes <= cols; k += kLanes) multiply_step<Type>(w, x, cols, k, kLanes, sums);
  if (k < cols) multiply_step<Type>(w, x, cols, k, cols - k, sums);
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) y[c * stride + r] = sums[r][c].sum();
  }
}

template <class Type, int R>
void multiply_rows(const typename Type::Element* w, const float* x, size_t cols, size_t batch,
                   float* y, size_t stride) {
  size_t b = 0;
  for (; b + Lanes::kBatch <= batch; b += Lanes::kBatch) {
    multiply_block<Type, R, Lanes::kBatch>(w, x + b * cols, cols, y + b * stride, stride);
  }
  for (; b < batch; ++b) {
    multiply_block<Type, R, 1>(w, x + b * cols, cols, y + b * stride, stride);
  }
}

/// One row of weights times one of activations. A sum waits for the one before, so there are four;
/// and weights come a cache line at a time, which a core reads faster than its halves.
template <class Type>
void multiply_one(const typename Type::Element* w, const float* x, size_t cols, float* y) {
  constexpr int kChains = 4;
  Lanes sums[kChains];
#pragma GCC unroll 4
  for (Lanes& sum : sums) sum = Lanes::all(0);
  size_t k = 0;
  for (; k + kChains * kLanes <= cols; k += kChains * kLanes) {
#pragma GCC unroll 2
    for (int c = 0; c < kChains; c += 2) {
      Lanes two[2];
      const size_t at = k + static_cast<size_t>(c) * kLanes;
      Type::load_two(w + at, two);
      sums[c] = Lanes::fma(two[0], Lanes::load(x + at), sums[c]);
      sums[c + 1] = Lanes::fma(two[1], Lanes::load(x + at + kLanes), sums[c + 1]);
    }
  }
#pragma GCC unroll 4
  for (Lanes& sum : sums) {
    if (k >= cols) break;
    const size_t count = least(kLanes, cols - k);
    sum = Lanes::fma(Type::load(w + k, count), Lanes::load(x + k, count), sum);
    k += count;
  }
  *y = ((sums[0] + sums[1]) + (sums[2] + sums[3])).sum();
}

template <class Type>
void mixed_matmul(const typename Type::Element* w, const float* x, size_t cols, size_t begin,
                  size_t end, size_t batch, float* y, size_t stride) {
  size_t row = begin;
  // One row of activations is over before the next weights are there, so these are read in one
  // stream: memory gives four that are a row apart at half the rate.
  if (batch == 1) {
    for (; row < end; ++row) multiply_one<Type>(w + row * cols, x, cols, y + row);
    return;
  }
  for (; row + 4 <= end; row += 4) {
    multiply_rows<Type, 4>(w + row * cols, x, cols, batch, y + row, stride);
  }
  for (; row < end; ++row) {
    multiply_rows<Type, 1>(w + row * cols, x, cols, batch, y + row, stride);
  }
}

/// step(i, n) for elements [i, i + n), n = kLanes but for the last.
template <class Step>
inline __attribute__((always_inline)) void for_lanes(size_t count, const Step& step) {
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) step(i, kLanes);
  if (i < count) step(i, count - i);
}

inline void scale_sums(const int32_t* sums, size_t count, float scale, float* y) {
  const Lanes factor = Lanes::all(scale);
  for_lanes(count,
            [&](size_t i, size_t n) { (Lanes::load_i32(sums + i, n) * factor).store(y + i, n); });
}

/// A sum waits for the one before, so there are four.
inline float sum_of_squares(const float* x, size_t count) {
  constexpr int kChains = 4;
  Lanes sums[kChains];
#pragma GCC unroll 4
  for (Lanes& sum : sums) sum = Lanes::all(0);
  size_t i = 0;
  for (; i + kChains * kLanes <= count; i += kChains * kLanes) {
#pragma GCC unroll 4
    for (int c = 0; c < kChains; ++c) {
      const Lanes value = Lanes::load(x + i + static_cast<size_t>(c) * kLanes);
      sums[c] = Lanes::fma(value, value, sums[c]);
    }
  }
  for (; i < count; i += kLanes) {
    const Lanes value = Lanes::load(x + i, least(kLanes, count - i));
    sums[0] = Lanes::fma(value, value, sums[0]);
  }
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])).sum();
}

inline void rms_norm(const float* x, const float* weight, size_t cols, float epsilon, float* y) {
  const float mean = sum_of_squares(x, cols) / static_cast<float>(cols);
  const Lanes factor = Lanes::all(1.0F / square_root(mean + epsilon));
  for_lanes(cols, [&](size_t i, size_t n) {
    (Lanes::load(x + i, n) * factor * Lanes::load(weight + i, n)).store(y + i, n);
  });
}

inline void rope(const float* x, size_t heads, size_t half, const float* cosines,
                 const float* sines, float* y) {
  for (size_t head = 0; head < heads; ++head, x += 2 * half, y += 2 * half) {
    for_lanes(half, [&](size_t i, size_t n) {
      const Lanes low = Lanes::load(x + i, n);
      const Lanes high = Lanes::load(x + half + i, n);
      const Lanes cosine = Lanes::load(cosines + i, n);
      const Lanes sine = Lanes::load(sines + i, n);
      (low * cosine - high * sine).store(y + i, n);
      (high * cosine + low * sine).store(y + half + i, n);
    });
  }
}

inline void relu2_gate(const float* gate, const float* up, size_t count, float* y) {
  const Lanes zero = Lanes::all(0);
  for_lanes(count, [&](size_t i, size_t n) {
    const Lanes positive = Lanes::max(zero, Lanes::load(gate + i, n));
    (positive * positive * Lanes::load(up + i, n)).store(y + i, n);
  });
}

/// 2^x of x <= 0; 0 below 2^-126. The polynomial is the best of its degree for 2^r - 1 over r,
/// |r| <= 1/2, relative to 2^r: wrong by 2^-29, and in f32 by 1.4 roundings.
inline Lanes power_of_two(const Lanes& x) {
  const Lanes magic = Lanes::all(0x1.8p23F);  // adding it leaves an integer in the low bits
  const Lanes shifted = x + magic;
  const Lanes r = x - (shifted - magic);
  Lanes p = Lanes::all(0x1.41fbbcp-13F);
  constexpr float kCoefficients[] = {0x1.5f3e52p-10F, 0x1.3b2d4cp-7F, 0x1.c6aee8p-5F,
                                     0x1.ebfbdcp-3F,  0x1.62e430p-1F, 1.0F};
#pragma GCC unroll 6
  for (const float coefficient : kCoefficients) p = Lanes::fma(p, r, Lanes::all(coefficient));
  return Lanes::unless_below(x, Lanes::all(-126), Lanes::scale_by_power(p, shifted));
}

/// The exponential of a positive number might overflow, so it is always of what is not: with
/// e = exp(-|x|), x / (1 + exp(-x)) is x / (1 + e) above 0 and x e / (1 + e) below.
inline void silu_gate(const float* gate, const float* up, size_t count, float* y) {
  const Lanes zero = Lanes::all(0);
  const Lanes one = Lanes::all(1);
  const Lanes minus_log2_e = Lanes::all(-0x1.715476p0F);
  for_lanes(count, [&](size_t i, size_t n) {
    const Lanes x = Lanes::load(gate + i, n);
    const Lanes above = Lanes::max(zero, x);
    const Lanes below = Lanes::max(zero, zero - x);
    const Lanes e = power_of_two((above + below) * minus_log2_e);
    const Lanes gated = (above - below * e) / (one + e);
    (gated * Lanes::load(up + i, n)).store(y + i, n);
  });
}

inline void add(const float* a, const float* b, size_t count, float* y) {
  for_lanes(count, [&](size_t i, size_t n) {
    (Lanes::load(a + i, n) + Lanes::load(b + i, n)).store(y + i, n);
  });
}

/// First the largest, then where it is: both passes are cheaper than one that carries indices.
inline size_t argmax(const float* x, size_t count) {
  float largest = x[0];
  size_t i = 0;
  if (count >= kLanes) {
    Lanes best = Lanes::load(x);
    for (i = kLanes; i + kLanes <= count; i += kLanes) best = Lanes::max(Lanes::load(x + i), best);
    largest = best.largest();
  }
  for (; i < count; ++i) largest = x[i] > largest ? x[i] : largest;
  const Lanes wanted = Lanes::all(largest);
  for (i = 0; i + kLanes <= count; i += kLanes) {
    const uint32_t found = Lanes::equal(Lanes::load(x + i), wanted);
    if (found != 0) return i + static_cast<size_t>(__builtin_ctz(found));
  }
  for (; i < count; ++i) {
    if (x[i] == largest) return i;
  }
  return 0;  // nothing but what is not a number
}

}  // namespace
}  // namespace cpu_simd

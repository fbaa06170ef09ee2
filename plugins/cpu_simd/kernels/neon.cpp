// The kernels on NEON, which every 64-bit ARM processor has. smlal multiplies codes (0, 1, 2) by
// activations and adds the products to int16 lanes; a step adds 2 * -128 = -256 to a lane at worst,
// so sums move on to int32 after 128 steps, when -32768 is still what a lane can hold.
#include <arm_neon.h>

#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

constexpr const char* kIsa = "neon";
constexpr size_t kTilesPerFlush = 32;  // four steps each
constexpr size_t kQuadsPerFlush = 128;
constexpr size_t kPart = 16;  // bytes of a tile or a quad in one register: four rows

float abs_max(const float* x, size_t count) {
  float32x4_t most = vdupq_n_f32(0);
  size_t i = 0;
  for (; i + 4 <= count; i += 4) most = vmaxnmq_f32(most, vabsq_f32(vld1q_f32(x + i)));
  float result = vmaxnmvq_f32(most);
  for (; i < count; ++i) {
    const float size = __builtin_fabsf(x[i]);
    result = size > result ? size : result;
  }
  return result;
}

double abs_sum(const float* x, size_t count) {
  float64x2_t sums[4] = {};
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const float32x4_t first = vabsq_f32(vld1q_f32(x + i));
    const float32x4_t second = vabsq_f32(vld1q_f32(x + i + 4));
    sums[0] = vaddq_f64(sums[0], vcvt_f64_f32(vget_low_f32(first)));
    sums[1] = vaddq_f64(sums[1], vcvt_high_f64_f32(first));
    sums[2] = vaddq_f64(sums[2], vcvt_f64_f32(vget_low_f32(second)));
    sums[3] = vaddq_f64(sums[3], vcvt_high_f64_f32(second));
  }
  const float64x2_t all = vaddq_f64(vaddq_f64(sums[0], sums[1]), vaddq_f64(sums[2], sums[3]));
  double result = vaddvq_f64(all);
  for (; i < count; ++i) result += __builtin_fabsf(x[i]);
  return result;
}

/// Weights of 4 floats, -1, 0, 1: a comparison that holds is -1.
int32x4_t weights_of(float32x4_t x, float32x4_t threshold) {
  const uint32x4_t above = vcgtq_f32(x, threshold);
  const uint32x4_t below = vcltq_f32(x, vnegq_f32(threshold));
  return vreinterpretq_s32_u32(vsubq_u32(below, above));
}

/// 16 int32 numbers, in order, as bytes that saturate.
int8x16_t narrow(const int32x4_t (&wide)[4]) {
  const int16x8_t low = vqmovn_high_s32(vqmovn_s32(wide[0]), wide[1]);
  const int16x8_t high = vqmovn_high_s32(vqmovn_s32(wide[2]), wide[3]);
  return vqmovn_high_s16(vqmovn_s16(low), high);
}

float quantize_ternary(const float* x, size_t count, float threshold, uint8_t* codes) {
  const float32x4_t above = vdupq_n_f32(threshold);
  float32x4_t most = vdupq_n_f32(0);
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    int32x4_t weights[4];
#pragma GCC unroll 4
    for (size_t part = 0; part < 4; ++part) {
      const float32x4_t values = vld1q_f32(x + i + 4 * part);
      most = vmaxnmq_f32(most, vabsq_f32(values));
      weights[part] = weights_of(values, above);
    }
    vst1q_u8(codes + i, vreinterpretq_u8_s8(vaddq_s8(narrow(weights), vdupq_n_s8(1))));
  }
  float result = vmaxnmvq_f32(most);
  for (; i < count; ++i) {
    const float size = __builtin_fabsf(x[i]);
    result = size > result ? size : result;
    codes[i] = static_cast<uint8_t>(size > threshold ? (x[i] > 0 ? 2 : 0) : 1);
  }
  return result;
}

/// 16 bytes times `scale` to 16 floats.
void store_scaled(int8x16_t bytes, float scale, float* y) {
  const int16x8_t low = vmovl_s8(vget_low_s8(bytes));
  const int16x8_t high = vmovl_high_s8(bytes);
  vst1q_f32(y, vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))), scale));
  vst1q_f32(y + 4, vmulq_n_f32(vcvtq_f32_s32(vmovl_high_s16(low)), scale));
  vst1q_f32(y + 8, vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))), scale));
  vst1q_f32(y + 12, vmulq_n_f32(vcvtq_f32_s32(vmovl_high_s16(high)), scale));
}

void dequantize_ternary(const uint8_t* codes, size_t count, float scale, float* y) {
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const int8x16_t bytes = vreinterpretq_s8_u8(vld1q_u8(codes + i));
    store_scaled(vsubq_s8(bytes, vdupq_n_s8(1)), scale, y + i);
  }
  for (; i < count; ++i) y[i] = static_cast<float>(codes[i] - 1) * scale;
}

float quantize_i8(const float* x, size_t cols, int8_t* codes) {
  float most = abs_max(x, cols);
  if (most < 1e-5F) most = 1e-5F;
  const float inverse = 127.0F / most;
  size_t i = 0;
  for (; i + 16 <= cols; i += 16) {
    int32x4_t wide[4];  // rounded half to even
#pragma GCC unroll 4
    for (size_t part = 0; part < 4; ++part) {
      wide[part] = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(x + i + 4 * part), inverse));
    }
    vst1q_s8(codes + i, narrow(wide));
  }
  for (; i < cols; ++i) {
    const float code = __builtin_nearbyintf(x[i] * inverse);
    codes[i] = static_cast<int8_t>(code > 127 ? 127 : (code < -128 ? -128 : code));
  }
  return most / 127.0F;
}

void dequantize_i8(const int8_t* codes, size_t cols, float scale, float* y) {
  size_t i = 0;
  for (; i + 16 <= cols; i += 16) store_scaled(vld1q_s8(codes + i), scale, y + i);
  for (; i < cols; ++i) y[i] = static_cast<float>(codes[i]) * scale;
}

int32_t copy_sum(const int8_t* from, size_t count, int8_t* to) {
  int32x4_t sums = vdupq_n_s32(0);
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const int8x16_t bytes = vld1q_s8(from + i);
    vst1q_s8(to + i, bytes);
    sums = vpadalq_s16(sums, vpaddlq_s8(bytes));
  }
  int32_t sum = vaddvq_s32(sums);
  for (; i < count; ++i) {
    to[i] = from[i];
    sum += from[i];
  }
  return sum;
}

/// Sums of 4 rows to memory, less what the codes' offset of one has added; `rows` of them, 1 or
/// more, are wanted.
void store_rows(int32x4_t sums, int32_t x_sum, size_t rows, int32_t* y) {
  sums = vsubq_s32(sums, vdupq_n_s32(x_sum));
  if (rows >= 4) {
    vst1q_s32(y, sums);
    return;
  }
  int32_t all[4];
  vst1q_s32(all, sums);
  for (size_t row = 0; row < rows; ++row) y[row] = all[row];
}

int8x16_t broadcast4(const int8_t* x) {
  int32_t word = 0;
  __builtin_memcpy(&word, x, sizeof(word));
  return vreinterpretq_s8_s32(vdupq_n_s32(word));
}

/// Field F of 16 bytes of codes.
template <int F>
uint8x16_t field(uint8x16_t bytes) {
  if constexpr (F == 0) return vandq_u8(bytes, vdupq_n_u8(3));
  if constexpr (F == 3) return vshrq_n_u8(bytes, 6);
  if constexpr (F == 1 || F == 2) return vandq_u8(vshrq_n_u8(bytes, 2 * F), vdupq_n_u8(3));
}

/// Four rows of four codes times four activations; the sums of two rows, a lane a column, each.
inline __attribute__((always_inline)) void multiply(uint8x16_t codes, int8x16_t four,
                                                    int16x8_t (&sums)[2]) {
  const int8x16_t bytes = vreinterpretq_s8_u8(codes);
  sums[0] = vmlal_s8(sums[0], vget_low_s8(bytes), vget_low_s8(four));
  sums[1] = vmlal_high_s8(sums[1], bytes, four);
}

/// Adds `sums` to `totals`, in which a row has two lanes.
inline __attribute__((always_inline)) void widen(const int16x8_t (&sums)[2],
                                                 int32x4_t (&totals)[2]) {
  totals[0] = vpadalq_s16(totals[0], sums[0]);
  totals[1] = vpadalq_s16(totals[1], sums[1]);
}

int32x4_t row_sums(const int32x4_t (&totals)[2]) { return vpaddq_s32(totals[0], totals[1]); }

template <int F>
inline __attribute__((always_inline)) void gemv_step(const uint8x16_t (&tile)[8], const int8_t* x,
                                                     int16x8_t (&sums)[8][2]) {
  const int8x16_t four = broadcast4(x + 4 * F);
#pragma GCC unroll 8
  for (int part = 0; part < 8; ++part) multiply(field<F>(tile[part]), four, sums[part]);
}

void gemv_two_bit(const uint8_t* tiles, size_t tile_count, size_t begin, size_t end,
                  const int8_t* x, int32_t x_sum, int32_t* y) {
  const uint8_t* at = tiles + begin / kGroupRows * tile_count * kTileBytes;
  for (size_t row = begin; row < end; row += kGroupRows) {
    int32x4_t totals[8][2] = {};
    const int8_t* columns = x;
    for (size_t tile = 0; tile < tile_count;) {
      const size_t stop = tile + kTilesPerFlush < tile_count ? tile + kTilesPerFlush : tile_count;
      int16x8_t sums[8][2] = {};
      for (; tile < stop; ++tile, at += kTileBytes, columns += 16) {
        uint8x16_t bytes[8];
#pragma GCC unroll 8
        for (size_t part = 0; part < 8; ++part) bytes[part] = vld1q_u8(at + part * kPart);
        gemv_step<0>(bytes, columns, sums);
        gemv_step<1>(bytes, columns, sums);
        gemv_step<2>(bytes, columns, sums);
        gemv_step<3>(bytes, columns, sums);
      }
#pragma GCC unroll 8
      for (int part = 0; part < 8; ++part) widen(sums[part], totals[part]);
    }
    for (size_t part = 0; part < 8 && row + 4 * part < end; ++part) {
      const size_t first = row + 4 * part;
      store_rows(row_sums(totals[part]), x_sum, end - first, y + first);
    }
  }
}

void unpack_two_bit(const uint8_t* group, size_t tile_count, uint8_t* quads) {
  for (size_t tile = 0; tile < tile_count; ++tile, quads += 4 * kQuadBytes) {
    for (size_t at = 0; at < kTileBytes; at += kPart, group += kPart) {
      const uint8x16_t bytes = vld1q_u8(group);
      vst1q_u8(quads + at, field<0>(bytes));
      vst1q_u8(quads + at + kQuadBytes, field<1>(bytes));
      vst1q_u8(quads + at + 2 * kQuadBytes, field<2>(bytes));
      vst1q_u8(quads + at + 3 * kQuadBytes, field<3>(bytes));
    }
  }
}

/// 8 rows, of which `rows` are wanted, times 4 columns.
void gemm_block(const uint8_t* quads, size_t quad_count, size_t rows, const int8_t* panel,
                const int32_t* x_sums, int32_t* y, size_t stride) {
  int32x4_t totals[2][4][2] = {};
  for (size_t quad = 0; quad < quad_count;) {
    const size_t stop = quad + kQuadsPerFlush < quad_count ? quad + kQuadsPerFlush : quad_count;
    int16x8_t sums[2][4][2] = {};
    for (; quad < stop; ++quad, quads += kQuadBytes, panel += 16) {
      const uint8x16_t first = vld1q_u8(quads);
      const uint8x16_t second = vld1q_u8(quads + kPart);
#pragma GCC unroll 4
      for (int c = 0; c < 4; ++c) {
        const int8x16_t four = broadcast4(panel + 4 * c);
        multiply(first, four, sums[0][c]);
        multiply(second, four, sums[1][c]);
      }
    }
#pragma GCC unroll 4
    for (int c = 0; c < 4; ++c) {
      widen(sums[0][c], totals[0][c]);
      widen(sums[1][c], totals[1][c]);
    }
  }
  for (size_t c = 0; c < 4; ++c) {
    store_rows(row_sums(totals[0][c]), x_sums[c], rows, y + c * stride);
    if (rows > 4) store_rows(row_sums(totals[1][c]), x_sums[c], rows - 4, y + c * stride + 4);
  }
}

void gemm(const uint8_t* quads, size_t quad_count, size_t rows, const int8_t* panel, size_t,
          const int32_t* x_sums, int32_t* y, size_t stride) {
  for (size_t first = 0; first < rows; first += 8) {
    gemm_block(quads + 4 * first, quad_count, rows - first, panel, x_sums, y + first, stride);
  }
}

struct F16 {
  using Element = uint16_t;
  static float32x4_t load(const uint16_t* at) {
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(at)));
  }
  static float one(uint16_t bits) {
    return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(bits))), 0);
  }
};
struct BF16 {
  using Element = uint16_t;
  static float32x4_t load(const uint16_t* at) {
    return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(at), 16));
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
  float32x4_t sums[R][C] = {};
  size_t k = 0;
  for (; k + 4 <= cols; k += 4) {
    float32x4_t values[C];
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) values[c] = Type::load(x + c * cols + k);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const float32x4_t weights = Type::load(w + r * cols + k);
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) sums[r][c] = vfmaq_f32(sums[r][c], weights, values[c]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) {
      float sum = vaddvq_f32(sums[r][c]);
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
  for (; row + 8 <= end; row += 8) {
    float_rows<Type, 8>(w + row * cols, x, cols, batch, y + row, stride);
  }
  for (; row < end; ++row) {
    float_rows<Type, 1>(w + row * cols, x, cols, batch, y + row, stride);
  }
}

/// 4 floats rounded to f16, to nearest, ties to even, the mode that every process starts with.
uint16x4_t to_f16(float32x4_t x) { return vreinterpret_u16_f16(vcvt_f16_f32(x)); }

/// 4 floats as bf16: adding half a unit, and the last kept bit where that makes the tie go to even,
/// carries into what stays. NaNs keep their upper half, made quiet.
uint16x4_t to_bf16(float32x4_t x) {
  const uint32x4_t bits = vreinterpretq_u32_f32(x);
  const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
  const uint16x4_t rounded = vaddhn_u32(bits, vaddq_u32(odd, vdupq_n_u32(0x7FFF)));
  const uint16x4_t quiet = vorr_u16(vshrn_n_u32(bits, 16), vdup_n_u16(0x40));
  return vbsl_u16(vmovn_u32(vceqq_f32(x, x)), rounded, quiet);
}

template <uint16x4_t (*kTo)(float32x4_t)>
void quantize_half(const float* x, size_t count, uint16_t* y) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) vst1_u16(y + i, kTo(vld1q_f32(x + i)));
  for (; i < count; ++i) y[i] = vget_lane_u16(kTo(vdupq_n_f32(x[i])), 0);
}

template <class Type>
void dequantize_half(const uint16_t* x, size_t count, float* y) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) vst1q_f32(y + i, Type::load(x + i));
  for (; i < count; ++i) y[i] = Type::one(x[i]);
}

}  // namespace

const KernelTable kNeonKernels = {
    .two_bit = {.isa = kIsa,
                .columns = 16,
                .gemv = gemv_two_bit,
                .unpack = unpack_two_bit,
                .gemm = gemm,
                .panels = {4},
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

// The kernels of one instruction set: plain functions over plain memory. This is the only type that
// crosses into the files compiled for an instruction set, so it includes nothing of C++'s library.
//
// Ternary weights lie in memory as one of two layouts:
//
//   canonical  i2_s as bitgate/formats.hpp defines it
//   tiles      rows in groups of 16; a group is cols/16 tiles of 64 bytes, one after the other. In
//              tile b, byte 4 r + j (row r = 0…15 of the group, j = 0…3) holds four codes w + 1:
//
//                bit 1 0 = column 16 b + j      bit 3 2 = column 16 b + 4 + j
//                bit 5 4 = column 16 b + 8 + j  bit 7 6 = column 16 b + 12 + j
//
//              so that a 32-bit lane is one row, and a vector of such lanes times four broadcast
//              activations needs no sum across lanes. Missing rows of the last group are zeros
//              (code 1).
//
// Row ranges begin at a multiple of 16 and end at one or at the last row.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace cpu_simd {

inline constexpr size_t kGroupRows = 16;  // rows of a tile
inline constexpr size_t kTileCols = 16;   // columns of a tile
inline constexpr size_t kTileBytes = 64;
inline constexpr size_t kMostPanel = 16;  // widest panel of activation columns of any kernel

/// A function with the name that receipts show.
template <class Function>
struct Kernel {
  const char* name;
  Function* run;
};

/// max|x|, sum|x| (in double).
using AbsMax = float(const float* x, size_t count);
using AbsSum = double(const float* x, size_t count);

/// Codes of rows [begin, end) of x [., cols]: sign(x) where |x| > threshold, else 0.
using QuantizeI2S = void(const float* x, size_t cols, size_t begin, size_t end, float threshold,
                         uint8_t* codes);
/// Rows [begin, end) of y [., cols] = code * scale.
using DequantizeI2S = void(const uint8_t* codes, size_t cols, size_t begin, size_t end, float scale,
                           float* y);

/// One row: its scale by absmax, and its codes.
using QuantizeI8 = float(const float* x, size_t cols, int8_t* codes);
using DequantizeI8 = void(const int8_t* codes, size_t cols, float scale, float* y);

/// One activation row: y[r] for rows [begin, end) = sum over k of code[r][k] * x[k] - x_sum, which
/// is the sum over ternary weights since a code is its weight plus one.
using GemvI2S = void(const uint8_t* codes, size_t cols, size_t begin, size_t end, const int8_t* x,
                     int32_t x_sum, int32_t* y);

/// A panel of `width` activation rows, interleaved as [cols/4][width][4]: y[c * stride + r] for
/// rows [begin, end). x_sums has `width` values.
using GemmI2S = void(const uint8_t* codes, size_t cols, size_t begin, size_t end,
                     const int8_t* panel, size_t width, const int32_t* x_sums, int32_t* y,
                     size_t stride);

/// Rows [begin, end) of w [., cols] times `batch` rows of x [., cols]: y[b * stride + r].
using MatmulF32 = void(const float* w, const float* x, size_t cols, size_t begin, size_t end,
                       size_t batch, float* y, size_t stride);

struct KernelTable {
  bool tiles;        ///< layout of i2_s
  size_t panels[6];  ///< panel widths that gemm takes, falling, 0 behind the last
  Kernel<AbsMax> abs_max;
  Kernel<AbsSum> abs_sum;
  Kernel<QuantizeI2S> quantize_i2_s;
  Kernel<DequantizeI2S> dequantize_i2_s;
  Kernel<QuantizeI8> quantize_i8;
  Kernel<DequantizeI8> dequantize_i8;
  Kernel<GemvI2S> gemv_i2_s;
  Kernel<GemmI2S> gemm_i2_s;
  Kernel<MatmulF32> matmul_f32;
};

/// What AVX-512 VNNI adds; for the rest its implementation takes AVX2's kernels.
struct Avx512VnniKernels {
  size_t panels[6];
  Kernel<QuantizeI2S> quantize_i2_s;
  Kernel<GemvI2S> gemv_i2_s;
  Kernel<GemmI2S> gemm_i2_s;
  Kernel<MatmulF32> matmul_f32;
};

extern const KernelTable kScalarKernels;
#if defined(__x86_64__)
extern const KernelTable kAvx2Kernels;
extern const Avx512VnniKernels kAvx512VnniKernels;
#endif

}  // namespace cpu_simd

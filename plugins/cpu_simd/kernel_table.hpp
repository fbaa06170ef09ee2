// The kernels of one instruction set: plain functions over plain memory. This is the only type that
// crosses into the files compiled for an instruction set, so it includes nothing of C++'s library.
//
// Ternary weights of every format lie in memory as tiles of codes w + 1 (0, 1, 2). Rows are in
// groups of 32, a group is one tile after the other from left to right, and a tile is 128 bytes:
// byte 4 r + j (row r = 0 … 31 of the group, j = 0 … 3) holds a code of each of several columns,
//
//   two-bit     16 columns: bit 1 0 = column 16 b + j      bit 3 2 = column 16 b + 4 + j
//                           bit 5 4 = column 16 b + 8 + j  bit 7 6 = column 16 b + 12 + j
//   five-trit   20 columns: 3 r + r / 21 + 2 - t4, where r = t0 + 3 t1 + 9 t2 + 27 t3 and t_i is
//   the
//               code of column 20 b + 4 i + j. The low six bits are 3 (r % 21) + 2 - t4 and give
//               t4, whatever the upper two, r / 21, are
//
// so that a 32-bit lane is one row: a vector of such lanes times four broadcast activations needs
// no sum across lanes, and an activation once broadcast serves two vectors. Columns and rows behind
// the end are zeros (code 1).
//
// Unpacked, a group is `quads`: for every four columns 128 bytes, byte 4 r + j the code of row r
// and column j of the four.
//
// Row ranges begin at a multiple of 32, end at one or at the last row, and are not empty.
#pragma once

// NOLINTBEGIN(modernize-deprecated-headers): <cstddef> and <cstdint> are of C++'s library.
#include <stddef.h>
#include <stdint.h>
// NOLINTEND(modernize-deprecated-headers)

namespace cpu_simd {

inline constexpr size_t kGroupRows = 32;
inline constexpr size_t kTileBytes = 128;
inline constexpr size_t kQuadBytes = 128;

/// A function, and the instruction set whose it is: receipts show "avx2/i8_quantize".
template <class Function>
struct Kernel {
  const char* isa = nullptr;
  Function* run = nullptr;  ///< null: the instruction set leaves it to the next one
};

/// sum|x|, in double.
using AbsSum = double(const float* x, size_t count);

/// One row or a part of one: codes, 1 + sign(x) where |x| > threshold, else 1. Returns max|x|.
using QuantizeTernary = float(const float* x, size_t count, float threshold, uint8_t* codes);
/// y = (code - 1) * scale.
using DequantizeTernary = void(const uint8_t* codes, size_t count, float scale, float* y);

/// One row: its scale by absmax, and its codes.
using QuantizeI8 = float(const float* x, size_t cols, int8_t* codes);
using DequantizeI8 = void(const int8_t* codes, size_t cols, float scale, float* y);

/// To and from 16 bits, rounding to nearest, ties to even.
using QuantizeHalf = void(const float* x, size_t count, uint16_t* y);
using DequantizeHalf = void(const uint16_t* x, size_t count, float* y);

/// kGroupRows rows of i2_s, whole blocks of 128 columns, to their group of two-bit tiles. False,
/// and the tiles are nonsense, if a code is illegal.
using PackI2S = bool(const uint8_t* rows, size_t tile_count, uint8_t* group);

/// Copies activations; returns their sum.
using CopySum = int32_t(const int8_t* from, size_t count, int8_t* to);

/// One activation row of tile_count tiles' columns: y[r] for rows [begin, end) = sum over k of
/// code[r][k] * x[k] - x_sum, which is the sum over ternary weights since a code is its weight plus
/// one. `tiles` are the tensor's first.
using Gemv = void(const uint8_t* tiles, size_t tile_count, size_t begin, size_t end,
                  const int8_t* x, int32_t x_sum, int32_t* y);
/// One group of rows, unpacked.
using Unpack = void(const uint8_t* group, size_t tile_count, uint8_t* quads);

/// One group of `count` tiles, or unpacked of `count` quads, of which `rows` rows are wanted, times
/// a panel of `width` activation rows that are interleaved as [quads][width][4]: y[c * stride + r].
/// x_sums has `width` values.
using Gemm = void(const uint8_t* group, size_t count, size_t rows, const int8_t* panel,
                  size_t width, const int32_t* x_sums, int32_t* y, size_t stride);

/// f16 or bf16: rows [begin, end) of w [., cols] times `batch` rows of x [., cols]: y[b * stride +
/// r].
using MatmulHalf = void(const uint16_t* w, const uint16_t* x, size_t cols, size_t begin, size_t end,
                        size_t batch, float* y, size_t stride);

/// The kernels of one kind of tile.
struct TileKernels {
  const char* isa = nullptr;
  size_t columns = 0;       ///< of a tile: 16, 20; 0: the instruction set does not have this kind
  const char* suffix = "";  ///< behind the format in a kernel's name
  Gemv* gemv = nullptr;
  Unpack* unpack = nullptr;
  Gemm* gemm = nullptr;   ///< null: each row of activations by gemv
  size_t panels[4] = {};  ///< widths that gemm takes, falling, 0 behind the last
  bool unpacked = false;  ///< gemm takes groups unpacked
};

struct FloatKernels;

struct KernelTable {
  TileKernels two_bit = {};
  TileKernels five_trit = {};
  Kernel<CopySum> copy_sum = {};
  Kernel<AbsSum> abs_sum = {};
  Kernel<QuantizeTernary> quantize_ternary = {};
  Kernel<DequantizeTernary> dequantize_ternary = {};
  Kernel<QuantizeI8> quantize_i8 = {};
  Kernel<DequantizeI8> dequantize_i8 = {};
  Kernel<PackI2S> pack_i2_s = {};
  Kernel<QuantizeHalf> quantize_f16 = {};
  Kernel<DequantizeHalf> dequantize_f16 = {};
  Kernel<QuantizeHalf> quantize_bf16 = {};
  Kernel<DequantizeHalf> dequantize_bf16 = {};
  Kernel<MatmulHalf> matmul_f16 = {};
  Kernel<MatmulHalf> matmul_bf16 = {};
  const FloatKernels* floats = nullptr;  ///< of float_kernels.hpp
};

extern const KernelTable kScalarKernels;
#if defined(__x86_64__)
extern const KernelTable kAvx2Kernels;
extern const KernelTable kAvx512VnniKernels;
extern const KernelTable kAvx512VbmiKernels;  ///< five-trit tiles
extern const KernelTable kAvx512Bf16Kernels;  ///< bf16 matmul
#elif defined(__aarch64__)
extern const KernelTable kNeonKernels;
extern const KernelTable kNeonDotprodKernels;  ///< ternary products
#endif

}  // namespace cpu_simd

// The ternary kernels on NEON with dot products: sdot adds four products of signed bytes to each
// int32 lane, so nothing can wrap on the way, and takes its four activations from any quarter of a
// register, so none is broadcast.
#include <arm_neon.h>

#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

constexpr const char* kIsa = "neon-dotprod";
// A lane of the third field grows by at most 16 * 2 * 4 * 128 = 2^14 a tile.
constexpr size_t kTilesPerFlush = 65536;
constexpr size_t kPart = 16;  // bytes of a tile or a quad in one register: four rows

int32_t copy_sum(const int8_t* from, size_t count, int8_t* to) {
  int32x4_t sums = vdupq_n_s32(0);
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const int8x16_t bytes = vld1q_s8(from + i);
    vst1q_s8(to + i, bytes);
    sums = vdotq_s32(sums, bytes, vdupq_n_s8(1));
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

int8x16_t masked(uint8x16_t bytes, uint8_t mask) {
  return vreinterpretq_s8_u8(vandq_u8(bytes, vdupq_n_u8(mask)));
}

/// Sums of four rows. The second and the third field are multiplied where they lie, so theirs are 4
/// and 16 times too large, exactly; the fourth would be negative there and is shifted down instead,
/// which costs no more than a mask.
struct Fields {
  int32x4_t ones = vdupq_n_s32(0);  // the first and the fourth
  int32x4_t fours = vdupq_n_s32(0);
  int32x4_t sixteens = vdupq_n_s32(0);

  inline __attribute__((always_inline)) void add(uint8x16_t bytes, int8x16_t x) {
    ones = vdotq_laneq_s32(ones, masked(bytes, 0x03), x, 0);
    fours = vdotq_laneq_s32(fours, masked(bytes, 0x0C), x, 1);
    sixteens = vdotq_laneq_s32(sixteens, masked(bytes, 0x30), x, 2);
    ones = vdotq_laneq_s32(ones, vreinterpretq_s8_u8(vshrq_n_u8(bytes, 6)), x, 3);
  }

  [[nodiscard]] int32x4_t sum() const {
    return vsraq_n_s32(vsraq_n_s32(ones, fours, 2), sixteens, 4);
  }
};

void gemv_two_bit(const uint8_t* tiles, size_t tile_count, size_t begin, size_t end,
                  const int8_t* x, int32_t x_sum, int32_t* y) {
  const uint8_t* at = tiles + begin / kGroupRows * tile_count * kTileBytes;
  for (size_t row = begin; row < end; row += kGroupRows) {
    int32x4_t totals[8] = {};
    const int8_t* columns = x;
    for (size_t tile = 0; tile < tile_count;) {
      const size_t stop = tile + kTilesPerFlush < tile_count ? tile + kTilesPerFlush : tile_count;
      Fields sums[8];
      for (; tile < stop; ++tile, at += kTileBytes, columns += 16) {
        const int8x16_t activations = vld1q_s8(columns);
#pragma GCC unroll 8
        for (size_t part = 0; part < 8; ++part) {
          sums[part].add(vld1q_u8(at + part * kPart), activations);
        }
      }
#pragma GCC unroll 8
      for (int part = 0; part < 8; ++part) totals[part] = vaddq_s32(totals[part], sums[part].sum());
    }
    for (size_t part = 0; part < 8 && row + 4 * part < end; ++part) {
      const size_t first = row + 4 * part;
      store_rows(totals[part], x_sum, end - first, y + first);
    }
  }
}

void unpack_two_bit(const uint8_t* group, size_t tile_count, uint8_t* quads) {
  const uint8x16_t mask = vdupq_n_u8(3);
  for (size_t tile = 0; tile < tile_count; ++tile, quads += 4 * kQuadBytes) {
    for (size_t at = 0; at < kTileBytes; at += kPart, group += kPart) {
      const uint8x16_t bytes = vld1q_u8(group);
      vst1q_u8(quads + at, vandq_u8(bytes, mask));
      vst1q_u8(quads + at + kQuadBytes, vandq_u8(vshrq_n_u8(bytes, 2), mask));
      vst1q_u8(quads + at + 2 * kQuadBytes, vandq_u8(vshrq_n_u8(bytes, 4), mask));
      vst1q_u8(quads + at + 3 * kQuadBytes, vshrq_n_u8(bytes, 6));
    }
  }
}

/// 4 R rows, of which `rows` are wanted, times a panel of 4 P columns.
template <int R, int P>
void gemm_block(const uint8_t* quads, size_t quad_count, size_t rows, const int8_t* panel,
                const int32_t* x_sums, int32_t* y, size_t stride) {
  int32x4_t sums[R][P][4] = {};
  for (size_t quad = 0; quad < quad_count; ++quad, quads += kQuadBytes, panel += 16 * P) {
    int8x16_t codes[R];
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) codes[r] = vreinterpretq_s8_u8(vld1q_u8(quads + r * kPart));
#pragma GCC unroll 4
    for (int p = 0; p < P; ++p) {
      const int8x16_t x = vld1q_s8(panel + 16 * p);
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) {
        sums[r][p][0] = vdotq_laneq_s32(sums[r][p][0], codes[r], x, 0);
        sums[r][p][1] = vdotq_laneq_s32(sums[r][p][1], codes[r], x, 1);
        sums[r][p][2] = vdotq_laneq_s32(sums[r][p][2], codes[r], x, 2);
        sums[r][p][3] = vdotq_laneq_s32(sums[r][p][3], codes[r], x, 3);
      }
    }
  }
  for (size_t r = 0; r < R && 4 * r < rows; ++r) {
    for (size_t c = 0; c < 4 * P; ++c) {
      store_rows(sums[r][c / 4][c % 4], x_sums[c], rows - 4 * r, y + c * stride + 4 * r);
    }
  }
}

/// The group by blocks of 4 R rows.
template <int R, int P>
void gemm_panel(const uint8_t* quads, size_t quad_count, size_t rows, const int8_t* panel,
                const int32_t* x_sums, int32_t* y, size_t stride) {
  for (size_t first = 0; first < rows; first += 4 * R) {
    gemm_block<R, P>(quads + 4 * first, quad_count, rows - first, panel, x_sums, y + first, stride);
  }
}

void gemm(const uint8_t* quads, size_t quad_count, size_t rows, const int8_t* panel, size_t width,
          const int32_t* x_sums, int32_t* y, size_t stride) {
  // 24 and 16 sums with what they are made of fit the 32 registers.
  if (width == 12) return gemm_panel<2, 3>(quads, quad_count, rows, panel, x_sums, y, stride);
  return gemm_panel<4, 1>(quads, quad_count, rows, panel, x_sums, y, stride);
}

}  // namespace

const KernelTable kNeonDotprodKernels = {
    .two_bit = {.isa = kIsa,
                .columns = 16,
                .gemv = gemv_two_bit,
                .unpack = unpack_two_bit,
                .gemm = gemm,
                .panels = {12, 4},
                .unpacked = true},
    .copy_sum = {kIsa, copy_sum},
};

}  // namespace cpu_simd

// The kernels in plain C++, compiled without vectorisation: what the others are compared with.
#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

constexpr const char* kIsa = "scalar";
constexpr size_t kTileCols = 16;

float absolute(float x) { return __builtin_fabsf(x); }

double abs_sum(const float* x, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += absolute(x[i]);
  return sum;
}

float quantize_ternary(const float* x, size_t count, float threshold, uint8_t* codes) {
  float largest = 0;
  for (size_t i = 0; i < count; ++i) {
    if (absolute(x[i]) > largest) largest = absolute(x[i]);
    codes[i] = static_cast<uint8_t>(x[i] > threshold ? 2 : (x[i] < -threshold ? 0 : 1));
  }
  return largest;
}

void dequantize_ternary(const uint8_t* codes, size_t count, float scale, float* y) {
  for (size_t i = 0; i < count; ++i) y[i] = static_cast<float>(codes[i] - 1) * scale;
}

float quantize_i8(const float* x, size_t cols, int8_t* codes) {
  float largest = 1e-5F;
  for (size_t i = 0; i < cols; ++i) {
    if (absolute(x[i]) > largest) largest = absolute(x[i]);
  }
  const float inverse = 127.0F / largest;
  for (size_t i = 0; i < cols; ++i) {
    const float code = __builtin_nearbyintf(x[i] * inverse);
    codes[i] = static_cast<int8_t>(code > 127 ? 127 : (code < -128 ? -128 : code));
  }
  return largest / 127.0F;
}

void dequantize_i8(const int8_t* codes, size_t cols, float scale, float* y) {
  for (size_t i = 0; i < cols; ++i) y[i] = static_cast<float>(codes[i]) * scale;
}

int32_t copy_sum(const int8_t* from, size_t count, int8_t* to) {
  int32_t sum = 0;
  for (size_t i = 0; i < count; ++i) {
    to[i] = from[i];
    sum += from[i];
  }
  return sum;
}

using FourRows = uint32_t __attribute__((vector_size(16)));  // a word of each

uint32_t word_at(const uint8_t* bytes) {
  uint32_t word = 0;
  __builtin_memcpy(&word, bytes, sizeof(word));
  return word;
}

/// Four rows, four words of each. A byte holds the codes of columns c, c + 32, c + 64 and c + 96,
/// the first in the high bits; each goes to a tile of its own, `stride` bytes apart.
FourRows pack_words(const uint8_t* at, size_t row_bytes, uint8_t* lanes, size_t stride) {
  FourRows words[4];
  FourRows threes = {};
  for (size_t i = 0; i < 4; ++i, at += 4) {
    words[i] = FourRows{word_at(at), word_at(at + row_bytes), word_at(at + 2 * row_bytes),
                        word_at(at + 3 * row_bytes)};
    threes |= words[i] & words[i] >> 1 & 0x55555555;
  }
  for (size_t quarter = 0; quarter < 4; ++quarter, lanes += stride) {
    FourRows lane = {};
    for (size_t i = 0; i < 4; ++i) lane |= (words[i] >> (6 - 2 * quarter) & 0x03030303) << 2 * i;
    __builtin_memcpy(lanes, &lane, sizeof(lane));
  }
  return threes;
}

bool pack_i2_s(const uint8_t* rows, size_t tile_count, uint8_t* group) {
  constexpr size_t kBlockTiles = 8;  // tiles of the 128 columns that 32 bytes hold
  const size_t row_bytes = tile_count * 4;
  FourRows threes = {};
  for (size_t row = 0; row < kGroupRows; row += 4) {
    const uint8_t* at = rows + row * row_bytes;
    uint8_t* lanes = group + row * 4;
    for (size_t block = 0; block < tile_count / kBlockTiles; ++block, at += 32) {
      threes |= pack_words(at, row_bytes, lanes, 2 * kTileBytes);
      threes |= pack_words(at + 16, row_bytes, lanes + kTileBytes, 2 * kTileBytes);
      lanes += kBlockTiles * kTileBytes;
    }
  }
  return (threes[0] | threes[1] | threes[2] | threes[3]) == 0;
}

int32_t dot(const uint8_t* lane, size_t tile_count, const int8_t* x) {
  int32_t sum = 0;
  for (size_t tile = 0; tile < tile_count; ++tile, lane += kTileBytes, x += kTileCols) {
    for (size_t j = 0; j < 4; ++j) {
      const int byte = lane[j];
      sum += (byte & 3) * x[j] + (byte >> 2 & 3) * x[4 + j] + (byte >> 4 & 3) * x[8 + j] +
             (byte >> 6) * x[12 + j];
    }
  }
  return sum;
}

void gemv_two_bit(const uint8_t* tiles, size_t tile_count, size_t begin, size_t end,
                  const int8_t* x, int32_t x_sum, int32_t* y) {
  for (size_t row = begin; row < end; ++row) {
    const uint8_t* lane = tiles + row / kGroupRows * tile_count * kTileBytes + row % kGroupRows * 4;
    y[row] = dot(lane, tile_count, x) - x_sum;
  }
}

void unpack_two_bit(const uint8_t* group, size_t tile_count, uint8_t* quads) {
  for (size_t tile = 0; tile < tile_count; ++tile) {
    for (size_t i = 0; i < kTileBytes; ++i) {
      for (size_t f = 0; f < 4; ++f) {
        quads[(4 * tile + f) * kQuadBytes + i] =
            static_cast<uint8_t>(group[tile * kTileBytes + i] >> (2 * f) & 3);
      }
    }
  }
}

uint32_t bits_of(float value) {
  uint32_t bits = 0;
  __builtin_memcpy(&bits, &value, sizeof(bits));
  return bits;
}

float float_of(uint32_t bits) {
  float value = 0;
  __builtin_memcpy(&value, &bits, sizeof(value));
  return value;
}

constexpr uint32_t kInfinity = 0x7F800000;

/// The float of 2^-14's exponent whose last place is f16's smallest step: adding it to a small
/// number rounds that to a multiple of the step, in the addition.
constexpr float kF16Small = 0.5F;

uint16_t to_f16(float value) {
  const uint32_t sign = bits_of(value) >> 16 & 0x8000;
  const uint32_t size = bits_of(value) & 0x7FFFFFFF;
  uint32_t half = 0;
  if (size > kInfinity) {
    half = 0x7E00 | (size >> 13 & 0x3FF);
  } else if (size >= bits_of(65520.0F)) {
    half = 0x7C00;
  } else if (size < bits_of(0x1p-14F)) {
    half = bits_of(float_of(size) + kF16Small) - bits_of(kF16Small);
  } else {
    half = (size + 0xFFF + (size >> 13 & 1) - (112U << 23)) >> 13;
  }
  return static_cast<uint16_t>(sign | half);
}

float from_f16(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
  const uint32_t size = static_cast<uint32_t>(bits & 0x7FFF) << 13;
  if (size >= 0x7C00U << 13) return float_of(sign | kInfinity | size);
  // As a float it is 2^112 too small, which a product mends for subnormal numbers too.
  return float_of(sign | bits_of(float_of(size) * 0x1p112F));
}

uint16_t to_bf16(float value) {
  const uint32_t bits = bits_of(value);
  if ((bits & 0x7FFFFFFF) > kInfinity) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

float from_bf16(uint16_t bits) { return float_of(static_cast<uint32_t>(bits) << 16); }

template <uint16_t (*kTo)(float)>
void quantize_half(const float* x, size_t count, uint16_t* y) {
  for (size_t i = 0; i < count; ++i) y[i] = kTo(x[i]);
}

template <float (*kFrom)(uint16_t)>
void dequantize_half(const uint16_t* x, size_t count, float* y) {
  for (size_t i = 0; i < count; ++i) y[i] = kFrom(x[i]);
}

template <float (*kFrom)(uint16_t)>
void matmul(const uint16_t* w, const uint16_t* x, size_t cols, size_t begin, size_t end,
            size_t batch, float* y, size_t stride) {
  for (size_t row = begin; row < end; ++row) {
    for (size_t b = 0; b < batch; ++b) {
      float sum = 0;
      for (size_t k = 0; k < cols; ++k) sum += kFrom(w[row * cols + k]) * kFrom(x[b * cols + k]);
      y[b * stride + row] = sum;
    }
  }
}

}  // namespace

const KernelTable kScalarKernels = {
    .two_bit = {kIsa, kTileCols, "", gemv_two_bit, unpack_two_bit},
    .copy_sum = {kIsa, copy_sum},
    .abs_sum = {kIsa, abs_sum},
    .quantize_ternary = {kIsa, quantize_ternary},
    .dequantize_ternary = {kIsa, dequantize_ternary},
    .quantize_i8 = {kIsa, quantize_i8},
    .dequantize_i8 = {kIsa, dequantize_i8},
    .pack_i2_s = {kIsa, pack_i2_s},
    .quantize_f16 = {kIsa, quantize_half<to_f16>},
    .dequantize_f16 = {kIsa, dequantize_half<from_f16>},
    .quantize_bf16 = {kIsa, quantize_half<to_bf16>},
    .dequantize_bf16 = {kIsa, dequantize_half<from_bf16>},
    .matmul_f16 = {kIsa, matmul<from_f16>},
    .matmul_bf16 = {kIsa, matmul<from_bf16>},
};

}  // namespace cpu_simd

// The kernels in plain C++, compiled without vectorisation: what the others are compared with.
#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

constexpr size_t kBlock = 128;  // weights of a block of the canonical layout
constexpr size_t kBlockBytes = 32;

float absolute(float x) { return __builtin_fabsf(x); }

float abs_max(const float* x, size_t count) {
  float largest = 0;
  for (size_t i = 0; i < count; ++i) {
    if (absolute(x[i]) > largest) largest = absolute(x[i]);
  }
  return largest;
}

double abs_sum(const float* x, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += absolute(x[i]);
  return sum;
}

unsigned code_of(float x, float threshold) { return x > threshold ? 2 : (x < -threshold ? 0 : 1); }

void quantize_i2_s(const float* x, size_t cols, size_t begin, size_t end, float threshold,
                   uint8_t* codes) {
  for (size_t at = begin * cols; at < end * cols; at += kBlock) {
    for (size_t p = 0; p < kBlockBytes; ++p) {
      const unsigned byte =
          code_of(x[at + p], threshold) << 6 | code_of(x[at + 32 + p], threshold) << 4 |
          code_of(x[at + 64 + p], threshold) << 2 | code_of(x[at + 96 + p], threshold);
      codes[at / 4 + p] = static_cast<uint8_t>(byte);
    }
  }
}

void dequantize_i2_s(const uint8_t* codes, size_t cols, size_t begin, size_t end, float scale,
                     float* y) {
  for (size_t at = begin * cols; at < end * cols; at += kBlock) {
    for (size_t p = 0; p < kBlockBytes; ++p) {
      const int byte = codes[at / 4 + p];
      for (size_t group = 0; group < 4; ++group) {
        const int code = byte >> (6 - 2 * group) & 3;
        y[at + 32 * group + p] = static_cast<float>(code - 1) * scale;
      }
    }
  }
}

float quantize_i8(const float* x, size_t cols, int8_t* codes) {
  float largest = abs_max(x, cols);
  if (largest < 1e-5F) largest = 1e-5F;
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

int32_t dot(const uint8_t* codes, const int8_t* x, size_t cols) {
  int32_t sum = 0;
  for (size_t at = 0; at < cols; at += kBlock) {
    for (size_t p = 0; p < kBlockBytes; ++p) {
      const int byte = codes[at / 4 + p];
      sum += (byte >> 6) * x[at + p] + (byte >> 4 & 3) * x[at + 32 + p] +
             (byte >> 2 & 3) * x[at + 64 + p] + (byte & 3) * x[at + 96 + p];
    }
  }
  return sum;
}

void gemv_i2_s(const uint8_t* codes, size_t cols, size_t begin, size_t end, const int8_t* x,
               int32_t x_sum, int32_t* y) {
  for (size_t row = begin; row < end; ++row) y[row] = dot(codes + row * cols / 4, x, cols) - x_sum;
}

/// Panels of one column only, whose interleaved form is the row itself.
void gemm_i2_s(const uint8_t* codes, size_t cols, size_t begin, size_t end, const int8_t* panel,
               size_t /*width*/, const int32_t* x_sums, int32_t* y, size_t /*stride*/) {
  gemv_i2_s(codes, cols, begin, end, panel, x_sums[0], y);
}

void matmul_f32(const float* w, const float* x, size_t cols, size_t begin, size_t end, size_t batch,
                float* y, size_t stride) {
  for (size_t row = begin; row < end; ++row) {
    for (size_t b = 0; b < batch; ++b) {
      float sum = 0;
      for (size_t k = 0; k < cols; ++k) sum += w[row * cols + k] * x[b * cols + k];
      y[b * stride + row] = sum;
    }
  }
}

}  // namespace

const KernelTable kScalarKernels = {
    false,
    {1},
    {"scalar/abs_max", abs_max},
    {"scalar/abs_sum", abs_sum},
    {"scalar/i2_s_quantize", quantize_i2_s},
    {"scalar/i2_s_dequantize", dequantize_i2_s},
    {"scalar/i8_quantize", quantize_i8},
    {"scalar/i8_dequantize", dequantize_i8},
    {"scalar/i2_s_gemv", gemv_i2_s},
    {"scalar/i2_s_gemm", gemm_i2_s},
    {"scalar/f32_matmul", matmul_f32},
};

}  // namespace cpu_simd

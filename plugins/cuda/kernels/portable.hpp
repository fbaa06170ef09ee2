// What kernels are written in: CUDA under nvcc, and plain C++ under any other compiler, where
// simulator/ runs the threads of a block as fibers. A kernel includes this and uses nothing else of
// either.
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef __CUDACC__
#include <cuda_fp16.h>

#define BG_KERNEL __global__ void
#define BG_DEVICE __device__ inline
/// An array that the threads of a block share. Its content is undefined until written.
#define BG_SHARED(type, name, count) __shared__ type name[count]

namespace bg_cuda {

struct Words4 {
  std::uint32_t word[4];
};

BG_DEVICE std::uint32_t thread_x() { return threadIdx.x; }
BG_DEVICE std::uint32_t thread_y() { return threadIdx.y; }
BG_DEVICE std::uint32_t block_x() { return blockIdx.x; }
BG_DEVICE std::uint32_t block_y() { return blockIdx.y; }
BG_DEVICE std::uint32_t threads() { return blockDim.x; }
BG_DEVICE std::uint32_t blocks() { return gridDim.x; }
BG_DEVICE void block_sync() { __syncthreads(); }

/// c and the sum of the products of four signed bytes.
BG_DEVICE std::int32_t dot4(std::uint32_t a, std::uint32_t b, std::int32_t c) {
  return __dp4a(static_cast<int>(a), static_cast<int>(b), c);
}
/// c += a b for tiles that the 32 lanes of a warp hold together: a of 16 x 32 and b of 32 x 8
/// signed bytes. All lanes call it. From compute capability 8.0 on.
BG_DEVICE void multiply_tiles(const std::uint32_t* a, const std::uint32_t* b, std::int32_t* c) {
#if __CUDA_ARCH__ >= 800
  asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  __trap();
#endif
}
/// Four words at once; `from` is a multiple of 16 bytes.
BG_DEVICE Words4 load4(const std::uint32_t* from) {
  const uint4 four = *reinterpret_cast<const uint4*>(from);
  return {{four.x, four.y, four.z, four.w}};
}

BG_DEVICE float of_f16(std::uint16_t bits) { return __half2float(__ushort_as_half(bits)); }
BG_DEVICE std::uint16_t to_f16(float value) { return __half_as_ushort(__float2half_rn(value)); }
BG_DEVICE std::uint32_t bits_of(float value) { return __float_as_uint(value); }
BG_DEVICE float float_of(std::uint32_t bits) { return __uint_as_float(bits); }
BG_DEVICE float magnitude(float x) { return fabsf(x); }
BG_DEVICE float larger(float a, float b) { return fmaxf(a, b); }
BG_DEVICE float nearest_integer(float x) { return rintf(x); }
BG_DEVICE float root(float x) { return sqrtf(x); }
BG_DEVICE float exponential(float x) { return expf(x); }

}  // namespace bg_cuda
#else
#include "simulator/portable.hpp"
#endif

namespace bg_cuda {

/// Of floats of 16 bits with f32's exponent; a NaN stays one.
BG_DEVICE float of_bf16(std::uint16_t bits) {
  return float_of(static_cast<std::uint32_t>(bits) << 16U);
}
BG_DEVICE std::uint16_t to_bf16(float value) {
  const std::uint32_t bits = bits_of(value);
  if (value != value) return static_cast<std::uint16_t>(bits >> 16U | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7fffU + (bits >> 16U & 1U)) >> 16U);
}

/// Elements of the formats of floats, as numbers.
struct F32 {
  using Element = float;
  static BG_DEVICE float load(const float* from, std::size_t at) { return from[at]; }
  static BG_DEVICE void store(float value, std::size_t at, float* to) { to[at] = value; }
};
struct F16 {
  using Element = std::uint16_t;
  static BG_DEVICE float load(const std::uint16_t* from, std::size_t at) {
    return of_f16(from[at]);
  }
  static BG_DEVICE void store(float value, std::size_t at, std::uint16_t* to) {
    to[at] = to_f16(value);
  }
};
struct BF16 {
  using Element = std::uint16_t;
  static BG_DEVICE float load(const std::uint16_t* from, std::size_t at) {
    return of_bf16(from[at]);
  }
  static BG_DEVICE void store(float value, std::size_t at, std::uint16_t* to) {
    to[at] = to_bf16(value);
  }
};

}  // namespace bg_cuda

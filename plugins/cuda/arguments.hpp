// Structs that kernels take, for host and device alike.
#pragma once

#include <cstdint>

namespace bg_cuda {

struct TernaryOperands {
  const std::uint32_t* w;
  const std::int8_t* x;      ///< rows up to whole tiles, columns up to whole chunks
  const std::int32_t* sums;  ///< of x, for each chunk
  const void* w_scales;      ///< f32, or f16 for each block
  const float* x_scales;
  std::uint32_t batch;
  std::uint32_t rows;
  std::uint32_t chunks;
};

struct AttentionShape {
  std::uint32_t heads;
  std::uint32_t kv_heads;
  std::uint32_t head;  ///< columns of one
  std::uint32_t context;
};

}  // namespace bg_cuda

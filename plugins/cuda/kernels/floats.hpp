// Products of real weights, accumulated in f32.
#pragma once

#include "kernels/reduce.hpp"

namespace bg_cuda {

/// A block of kGroup threads for each element of y. Grid: rows of w, rows of x.
template <class W, class X>
BG_KERNEL float_matmul(const typename W::Element* w, const typename X::Element* x,
                       std::uint32_t rows, std::uint32_t cols, float* y) {
  BG_SHARED(float, scratch, kGroup);
  const std::size_t w_row = static_cast<std::size_t>(block_x()) * cols;
  const std::size_t x_row = static_cast<std::size_t>(block_y()) * cols;
  float sum = 0;
  for (std::uint32_t k = thread_x(); k < cols; k += kGroup) {
    sum += W::load(w, w_row + k) * X::load(x, x_row + k);
  }
  sum = reduce<Sum>(sum, scratch);
  if (thread_x() == 0) y[static_cast<std::size_t>(block_y()) * rows + block_x()] = sum;
}

}  // namespace bg_cuda

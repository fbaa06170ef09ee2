#include "oracle/matmul.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

namespace bitgate::oracle {
namespace {

void require_sizes(std::uint64_t w, std::uint64_t x, std::uint64_t rows, std::uint64_t cols,
                   std::uint64_t batch) {
  if (w == rows * cols && x == batch * cols) return;
  throw std::invalid_argument(fmt::format("matmul: {} weights for {}x{}, {} activations for {}x{}",
                                          w, rows, cols, x, batch, cols));
}

const double kRoundoff = std::ldexp(1.0, -24);

/// The product in double, with bounds of `relative` times sum |w x|.
Bounded bounded_matmul(std::span<const float> w, std::span<const float> x, std::uint64_t rows,
                       std::uint64_t cols, std::uint64_t batch, double relative) {
  require_sizes(w.size(), x.size(), rows, cols, batch);
  Bounded y{std::vector<double>(batch * rows), std::vector<double>(batch * rows)};
  for (std::uint64_t row = 0; row < rows; ++row) {
    const float* weights = w.data() + row * cols;
    for (std::uint64_t b = 0; b < batch; ++b) {
      const float* activations = x.data() + b * cols;
      double sum = 0;
      double size = 0;
      for (std::uint64_t k = 0; k < cols; ++k) {
        const double product = double{weights[k]} * double{activations[k]};
        sum += product;
        size += std::abs(product);
      }
      y.value[b * rows + row] = sum;
      y.bound[b * rows + row] = relative * size;
    }
  }
  return y;
}

}  // namespace

std::vector<std::int32_t> matmul_i8(std::span<const std::int8_t> w, std::span<const std::int8_t> x,
                                    std::uint64_t rows, std::uint64_t cols, std::uint64_t batch) {
  require_sizes(w.size(), x.size(), rows, cols, batch);
  std::vector<std::int32_t> y(batch * rows);
  for (std::uint64_t row = 0; row < rows; ++row) {
    const std::int8_t* weights = w.data() + row * cols;
    for (std::uint64_t b = 0; b < batch; ++b) {
      const std::int8_t* activations = x.data() + b * cols;
      std::int32_t sum = 0;
      for (std::uint64_t k = 0; k < cols; ++k) {
        sum += std::int32_t{weights[k]} * std::int32_t{activations[k]};
      }
      y[b * rows + row] = sum;
    }
  }
  return y;
}

Bounded matmul_half(std::span<const float> w, std::span<const float> x, std::uint64_t rows,
                    std::uint64_t cols, std::uint64_t batch) {
  const double terms = static_cast<double>(cols);
  return bounded_matmul(w, x, rows, cols, batch,
                        2 * kRoundoff * std::min(terms, 8 * std::sqrt(terms)));
}

Bounded matmul_f32(std::span<const float> w, std::span<const float> x, std::uint64_t rows,
                   std::uint64_t cols, std::uint64_t batch) {
  const double terms = static_cast<double>(cols) * kRoundoff;
  return bounded_matmul(w, x, rows, cols, batch, terms / (1 - terms));
}

}  // namespace bitgate::oracle

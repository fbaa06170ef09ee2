#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include "oracle/half.hpp"
#include "oracle/transformer.hpp"

namespace bitgate::oracle {
namespace {

const double kRoundoff = std::ldexp(1.0, -24);

/// One head of one token against the rows of the cache that it sees.
class Head {
 public:
  /// `query`, `keys` and `values` begin at the head; rows of the cache are `stride` apart.
  Head(const float* query, const float* keys, const float* values, std::uint64_t stride,
       std::uint64_t size, std::uint64_t rows)
      : values_(values), stride_(stride), size_(size), weights_(rows), errors_(rows) {
    for (std::uint64_t r = 0; r < rows; ++r) score(query, keys + r * stride, r);
    soften();
  }

  void write(double* y, double* bound) const {
    const auto terms = static_cast<double>(weights_.size());
    const double summing = 2 * kRoundoff * std::min(terms, 8 * std::sqrt(terms));
    for (std::uint64_t j = 0; j < size_; ++j) {
      double value = 0;
      double error = std::ldexp(1.0, -126);
      for (std::uint64_t r = 0; r < weights_.size(); ++r) {
        const double product = weights_[r] * double{values_[r * stride_ + j]};
        value += product;
        error += std::abs(product) * (errors_[r] + mean_error_ + summing + 10 * kRoundoff);
      }
      y[j] = value;
      bound[j] = error;
    }
  }

 private:
  void score(const float* query, const float* key, std::uint64_t r) {
    double sum = 0;
    double size = 0;
    for (std::uint64_t j = 0; j < size_; ++j) {
      const double product = double{query[j]} * double{key[j]};
      sum += product;
      size += std::abs(product);
    }
    const auto terms = static_cast<double>(size_);
    const double root = std::sqrt(terms);
    weights_[r] = sum / root;
    errors_[r] = (std::min(terms, 8 * root) + 4) * kRoundoff * size / root;
  }

  /// Scores to weights, and the errors of scores to relative ones of weights: those of a weight are
  /// its own and, from the sum below it, the mean of all.
  void soften() {
    const double largest = *std::max_element(weights_.begin(), weights_.end());
    double sum = 0;
    for (std::uint64_t r = 0; r < weights_.size(); ++r) {
      const double below = largest - weights_[r];
      errors_[r] = std::expm1(2 * errors_[r]) + (4 * below + 8) * kRoundoff;
      weights_[r] = std::exp(-below);
      sum += weights_[r];
    }
    for (std::uint64_t r = 0; r < weights_.size(); ++r) {
      weights_[r] /= sum;
      mean_error_ += weights_[r] * errors_[r];
    }
  }

  const float* values_;
  std::uint64_t stride_;
  std::uint64_t size_;
  std::vector<double> weights_;
  std::vector<double> errors_;
  double mean_error_ = 0;
};

void store(std::span<const float> row, bool half, float* to) {
  std::transform(row.begin(), row.end(), to,
                 [half](float x) { return half ? f16_value(f16_bits(x)) : x; });
}

}  // namespace

Bounded attention(std::span<const float> q, std::span<const float> k, std::span<const float> v,
                  std::span<const std::int32_t> positions, const AttentionShape& shape,
                  Cache& cache) {
  const std::uint64_t size = shape.head_size;
  const std::uint64_t width = shape.heads * size;
  const std::uint64_t stride = shape.kv_heads * size;
  const std::uint64_t t = positions.size();
  if (stride == 0 || shape.heads % shape.kv_heads != 0 || q.size() != t * width ||
      k.size() != t * stride || v.size() != t * stride || cache.keys.size() % stride != 0 ||
      cache.values.size() != cache.keys.size()) {
    throw std::invalid_argument(fmt::format(
        "attention: {} queries, {} keys and {} values are no {} tokens of {} and {} heads of {}",
        q.size(), k.size(), v.size(), t, shape.heads, shape.kv_heads, size));
  }
  for (std::uint64_t i = 0; i < t; ++i) {
    const auto at = static_cast<std::uint64_t>(positions[i]);
    if (positions[i] < 0 || at >= cache.keys.size() / stride) {
      throw std::out_of_range(fmt::format("attention: position {} of a cache of {} rows",
                                          positions[i], cache.keys.size() / stride));
    }
    store(k.subspan(i * stride, stride), cache.half, cache.keys.data() + at * stride);
    store(v.subspan(i * stride, stride), cache.half, cache.values.data() + at * stride);
  }
  Bounded y{std::vector<double>(t * width), std::vector<double>(t * width)};
  for (std::uint64_t i = 0; i < t; ++i) {
    for (std::uint64_t a = 0; a < shape.heads; ++a) {
      const std::uint64_t kv = a / (shape.heads / shape.kv_heads) * size;
      const std::uint64_t at = i * width + a * size;
      Head(q.data() + at, cache.keys.data() + kv, cache.values.data() + kv, stride, size,
           static_cast<std::uint64_t>(positions[i]) + 1)
          .write(y.value.data() + at, y.bound.data() + at);
    }
  }
  return y;
}

}  // namespace bitgate::oracle

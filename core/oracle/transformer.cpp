#include "oracle/transformer.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

namespace bitgate::oracle {
namespace {

const double kRoundoff = std::ldexp(1.0, -24);
const double kSmallest = std::ldexp(1.0, -126);

/// What summing `count` numbers costs, relative to the sum of their sizes.
double summing(std::uint64_t count) {
  const auto terms = static_cast<double>(count);
  return kRoundoff * std::min(terms, 8 * std::sqrt(terms));
}

Bounded sized(std::size_t count) {
  return {std::vector<double>(count), std::vector<double>(count)};
}

template <class... Values>
void require(bool fits, fmt::format_string<Values...> what, Values&&... values) {
  if (!fits) throw std::invalid_argument(fmt::format(what, std::forward<Values>(values)...));
}

/// The sum over columns [begin, end) of one row of each.
std::int32_t dot(const Ternary& w, const Int8& x, std::uint64_t row, std::uint64_t b,
                 std::uint64_t begin, std::uint64_t end) {
  std::int32_t sum = 0;
  for (std::uint64_t k = begin; k < end; ++k) {
    sum += std::int32_t{w.codes[row * w.cols + k]} * std::int32_t{x.codes[b * x.cols + k]};
  }
  return sum;
}

}  // namespace

Bounded matmul_scaled(const Ternary& w, const Int8& x) {
  require(w.cols == x.cols, "matmul: {} columns of weights, {} of activations", w.cols, x.cols);
  const bool blocks = !w.block_scales.empty();
  const std::uint64_t step = blocks ? formats::kTqBlock : w.cols;
  const std::uint64_t steps = w.cols / step;
  Bounded y = sized(x.rows * w.rows);
  for (std::uint64_t b = 0; b < x.rows; ++b) {
    for (std::uint64_t row = 0; row < w.rows; ++row) {
      double size = 0;
      double& value = y.value[b * w.rows + row];
      for (std::uint64_t block = 0; block < steps; ++block) {
        const float scale = blocks ? w.block_scales[row * steps + block] : w.scale;
        const std::int32_t sum = dot(w, x, row, b, block * step, (block + 1) * step);
        // Not in double: the definition rounds after each step.
        const float scales = scale * x.scales[b];
        const float product = static_cast<float>(sum) * scales;
        value += double{product};
        size += std::abs(double{product});
      }
      y.bound[b * w.rows + row] = blocks ? (summing(steps) + 3 * kRoundoff) * size + kSmallest : 0;
    }
  }
  return y;
}

std::vector<float> embed(std::span<const float> table, std::span<const std::int32_t> ids,
                         std::uint64_t cols) {
  std::vector<float> y;
  for (const std::int32_t id : ids) {
    if (id < 0 || static_cast<std::uint64_t>(id) >= table.size() / cols) {
      throw std::out_of_range(fmt::format("embed: id {} of {} rows", id, table.size() / cols));
    }
    const auto row = table.subspan(static_cast<std::uint64_t>(id) * cols, cols);
    y.insert(y.end(), row.begin(), row.end());
  }
  return y;
}

Bounded rms_norm(std::span<const float> x, std::span<const float> weight, double epsilon) {
  const std::size_t cols = weight.size();
  require(cols > 0 && x.size() % cols == 0, "rms_norm: {} values in rows of {}", x.size(), cols);
  Bounded y = sized(x.size());
  for (std::size_t first = 0; first < x.size(); first += cols) {
    double squares = 0;
    for (const float value : x.subspan(first, cols)) squares += double{value} * double{value};
    const double root = std::sqrt(squares / static_cast<double>(cols) + epsilon);
    for (std::size_t j = 0; j < cols; ++j) {
      const double value = double{x[first + j]} / root * double{weight[j]};
      y.value[first + j] = value;
      // The root halves the error below it; besides it there are a reciprocal root of a few
      // roundings and two products.
      y.bound[first + j] = (summing(cols) / 2 + 10 * kRoundoff) * std::abs(value) + kSmallest;
    }
  }
  return y;
}

Bounded rope(std::span<const float> x, std::span<const std::int32_t> positions, std::uint64_t heads,
             double base) {
  const std::size_t t = positions.size();
  require(t > 0 && heads > 0 && x.size() % (t * heads * 2) == 0,
          "rope: {} values are no {} tokens of {} heads of an even size", x.size(), t, heads);
  const std::size_t size = x.size() / (t * heads);
  const std::size_t half = size / 2;
  Bounded y = sized(x.size());
  for (std::size_t head = 0; head < t * heads; ++head) {
    for (std::size_t j = 0; j < half; ++j) {
      const double exponent = -2 * static_cast<double>(j) / static_cast<double>(size);
      const double angle = double(positions[head / heads]) * std::pow(base, exponent);
      const std::size_t low = head * size + j;
      const std::size_t high = low + half;
      const double cosine = std::cos(angle);
      const double sine = std::sin(angle);
      y.value[low] = double{x[low]} * cosine - double{x[high]} * sine;
      y.value[high] = double{x[high]} * cosine + double{x[low]} * sine;
      // A power of f32 is right to some 16 roundings.
      const double sizes = std::abs(double{x[low]}) + std::abs(double{x[high]});
      const double bound = (16 * angle + 6) * kRoundoff * sizes + kSmallest;
      y.bound[low] = bound;
      y.bound[high] = bound;
    }
  }
  return y;
}

Bounded relu2_gate(std::span<const float> gate, std::span<const float> up) {
  require(gate.size() == up.size(), "relu2_gate: {} and {} values", gate.size(), up.size());
  Bounded y = sized(gate.size());
  for (std::size_t i = 0; i < gate.size(); ++i) {
    const double positive = std::max(double{gate[i]}, 0.0);
    y.value[i] = positive * positive * double{up[i]};
    y.bound[i] = 3 * kRoundoff * std::abs(y.value[i]) + kSmallest * (1 + std::abs(double{up[i]}));
  }
  return y;
}

Bounded silu_gate(std::span<const float> gate, std::span<const float> up) {
  require(gate.size() == up.size(), "silu_gate: {} and {} values", gate.size(), up.size());
  Bounded y = sized(gate.size());
  for (std::size_t i = 0; i < gate.size(); ++i) {
    const double x = gate[i];
    y.value[i] = x / (1 + std::exp(-x)) * double{up[i]};
    // An exponential is wrong by as many roundings as its exponent is large, besides its own few;
    // below 2^-126 it may be 0, where x is 88.
    y.bound[i] = (2 * std::abs(x) + 12) * kRoundoff * std::abs(y.value[i]) +
                 kSmallest * (1 + 128 * std::abs(double{up[i]}));
  }
  return y;
}

Bounded add(std::span<const float> a, std::span<const float> b) {
  require(a.size() == b.size(), "add: {} and {} values", a.size(), b.size());
  Bounded y = sized(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    y.value[i] = double{a[i]} + double{b[i]};
    y.bound[i] = kRoundoff * std::abs(y.value[i]) + kSmallest;
  }
  return y;
}

std::vector<std::int32_t> argmax(std::span<const float> x, std::uint64_t cols) {
  require(cols > 0 && x.size() % cols == 0, "argmax: {} values in rows of {}", x.size(), cols);
  std::vector<std::int32_t> ids;
  for (std::size_t first = 0; first < x.size(); first += cols) {
    const auto row = x.subspan(first, cols);
    ids.push_back(
        static_cast<std::int32_t>(std::max_element(row.begin(), row.end()) - row.begin()));
  }
  return ids;
}

}  // namespace bitgate::oracle

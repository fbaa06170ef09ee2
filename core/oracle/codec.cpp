#include "oracle/codec.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "oracle/half.hpp"
#include "oracle/registry.hpp"

namespace bitgate::oracle {
namespace {

std::uint64_t checked_size(std::string_view format, std::uint64_t rows, std::uint64_t cols) {
  const auto size = formats::byte_size(format, rows, cols);
  if (!size) throw std::invalid_argument(formats::why_not(format, rows, cols));
  return *size;
}

void require_count(std::string_view format, std::string_view what, std::uint64_t count,
                   std::uint64_t wanted) {
  if (count == wanted) return;
  throw std::invalid_argument(
      fmt::format("{}: {} {}, but the shape takes {}", format, count, what, wanted));
}

void require_scale(std::string_view format, float scale, std::uint64_t row) {
  if (!std::isfinite(scale) || scale < 0) {
    throw std::invalid_argument(
        fmt::format("{}: scale {} of row {} is negative or not finite", format, scale, row));
  }
}

void require_matrix(std::span<const float> values, std::uint64_t rows, std::uint64_t cols) {
  require_count("quantize", "values", values.size(),
                checked_size(formats::kF32, rows, cols) / sizeof(float));
  for (std::uint64_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    throw std::invalid_argument(fmt::format("quantize: {} at row {}, column {} is not finite",
                                            values[i], i / cols, i % cols));
  }
}

}  // namespace

float ternary_scale(std::span<const float> weights, Rounding rounding) {
  if (rounding == Rounding::kTernary) {
    float largest = 0;
    for (const float weight : weights) largest = std::max(largest, std::abs(weight));
    return largest;
  }
  double sum = 0;
  for (const float weight : weights) sum += std::abs(double{weight});
  return std::max(static_cast<float>(sum / static_cast<double>(weights.size())), 1e-5F);
}

std::vector<std::int8_t> ternary_codes(std::span<const float> weights, float scale,
                                       Rounding rounding) {
  std::vector<std::int8_t> codes(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const float size = std::abs(weights[i]);
    const bool is_zero = rounding == Rounding::kTernary ? size < 1e-6F : size <= scale * 0.5F;
    codes[i] = static_cast<std::int8_t>(is_zero ? 0 : (weights[i] < 0 ? -1 : 1));
  }
  return codes;
}

Ternary quantize_ternary(std::span<const float> weights, std::uint64_t rows, std::uint64_t cols,
                         Rounding rounding) {
  require_matrix(weights, rows, cols);
  const float scale = ternary_scale(weights, rounding);
  return {rows, cols, ternary_codes(weights, scale, rounding), scale, {}};
}

Int8 quantize_i8(std::span<const float> values, std::uint64_t rows, std::uint64_t cols) {
  require_matrix(values, rows, cols);
  Int8 out{rows, cols, std::vector<std::int8_t>(values.size()), std::vector<float>(rows)};
  for (std::uint64_t row = 0; row < rows; ++row) {
    float largest = 1e-5F;
    for (std::uint64_t col = 0; col < cols; ++col) {
      largest = std::max(largest, std::abs(values[row * cols + col]));
    }
    out.scales[row] = largest / 127.0F;
    const float inverse = 127.0F / largest;
    for (std::uint64_t col = 0; col < cols; ++col) {
      const float code = std::nearbyint(values[row * cols + col] * inverse);
      out.codes[row * cols + col] = static_cast<std::int8_t>(std::clamp(code, -128.0F, 127.0F));
    }
  }
  return out;
}

std::vector<std::byte> encode_i2_s(const Ternary& weights) {
  return find_codec(formats::kI2S)->encode(weights);
}

Ternary decode_i2_s(std::span<const std::byte> bytes, std::uint64_t rows, std::uint64_t cols) {
  return find_codec(formats::kI2S)->decode(bytes, rows, cols);
}

std::vector<std::byte> encode_i8(const Int8& values) {
  std::vector<std::byte> bytes(checked_size(formats::kI8, values.rows, values.cols));
  require_count(formats::kI8, "codes", values.codes.size(), values.rows * values.cols);
  require_count(formats::kI8, "scales", values.scales.size(), values.rows);
  for (std::uint64_t row = 0; row < values.rows; ++row) {
    require_scale(formats::kI8, values.scales[row], row);
  }
  std::memcpy(bytes.data(), values.codes.data(), values.codes.size());
  std::memcpy(bytes.data() + values.codes.size(), values.scales.data(),
              values.scales.size() * sizeof(float));
  return bytes;
}

Int8 decode_i8(std::span<const std::byte> bytes, std::uint64_t rows, std::uint64_t cols) {
  require_count(formats::kI8, "bytes", bytes.size(), checked_size(formats::kI8, rows, cols));
  Int8 out{rows, cols, std::vector<std::int8_t>(rows * cols), std::vector<float>(rows)};
  std::memcpy(out.codes.data(), bytes.data(), out.codes.size());
  std::memcpy(out.scales.data(), bytes.data() + out.codes.size(), rows * sizeof(float));
  for (std::uint64_t row = 0; row < rows; ++row) {
    require_scale(formats::kI8, out.scales[row], row);
  }
  return out;
}

std::vector<float> dequantize(const Ternary& weights) {
  std::vector<float> values(weights.codes.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float scale =
        weights.block_scales.empty() ? weights.scale : weights.block_scales[i / formats::kTqBlock];
    values[i] = static_cast<float>(weights.codes[i]) * scale;
  }
  return values;
}

std::vector<std::byte> encode_half(std::string_view format, std::span<const float> values) {
  const auto bits_of = format == formats::kF16 ? f16_bits : bf16_bits;
  std::vector<std::byte> bytes(values.size() * sizeof(std::uint16_t));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint16_t bits = bits_of(values[i]);
    std::memcpy(bytes.data() + 2 * i, &bits, sizeof(bits));
  }
  return bytes;
}

std::vector<float> decode_half(std::string_view format, std::span<const std::byte> bytes) {
  const auto value_of = format == formats::kF16 ? f16_value : bf16_value;
  std::vector<float> values(bytes.size() / sizeof(std::uint16_t));
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes.data() + 2 * i, sizeof(bits));
    values[i] = value_of(bits);
  }
  return values;
}

namespace {

void expect_same_size(const char* what, std::span<const float> x, std::span<const float> y) {
  if (x.size() == y.size()) return;
  throw std::invalid_argument(fmt::format("{}: {} values against {}", what, x.size(), y.size()));
}

}  // namespace

double nmse(std::span<const float> x, std::span<const float> y) {
  expect_same_size("nmse", x, y);
  double error = 0;
  double power = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double difference = double{x[i]} - double{y[i]};
    error += difference * difference;
    power += double{x[i]} * double{x[i]};
  }
  if (error == 0) return 0;
  return power == 0 ? std::numeric_limits<double>::infinity() : error / power;
}

double cosine(std::span<const float> x, std::span<const float> y) {
  expect_same_size("cosine", x, y);
  double product = 0;
  double power_x = 0;
  double power_y = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    product += double{x[i]} * double{y[i]};
    power_x += double{x[i]} * double{x[i]};
    power_y += double{y[i]} * double{y[i]};
  }
  if (power_x == 0 || power_y == 0) return power_x == power_y ? 1 : 0;
  return product / (std::sqrt(power_x) * std::sqrt(power_y));
}

double max_abs_difference(std::span<const float> x, std::span<const float> y) {
  expect_same_size("max_abs_difference", x, y);
  double largest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double difference = std::abs(double{x[i]} - double{y[i]});
    if (difference > largest || std::isnan(difference)) largest = difference;  // a NaN stays
  }
  return largest;
}

}  // namespace bitgate::oracle

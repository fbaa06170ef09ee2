#include "run/workload.hpp"

#include <bitgate/formats.hpp>

#include <cmath>
#include <cstring>
#include <tuple>

#include "model/synthetic.hpp"
#include "oracle/matmul.hpp"

namespace bitgate {
namespace {

template <class T>
T element(std::span<const std::byte> bytes, std::size_t index) {
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

std::vector<std::int8_t> int8_activations(std::uint64_t count, std::uint64_t seed,
                                          std::uint64_t variant) {
  std::vector<std::int8_t> codes(count);
  fill_activations(codes, seed, variant);
  return codes;
}

std::vector<std::byte> float_bytes(std::string_view format, std::span<const float> values) {
  if (format != formats::kF32) return oracle::encode_half(format, values);
  const auto bytes = std::as_bytes(values);
  return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> float_activations(std::string_view format, std::uint64_t count,
                                         std::uint64_t seed, std::uint64_t variant) {
  std::vector<float> values(count);
  fill_activations(values, seed, variant);
  return float_bytes(format, values);
}

}  // namespace

Workload::Workload(const SuiteSpec& suite, Shape shape)
    : shape_(shape),
      values_(suite.values),
      rounding_(suite.rounding),
      seed_(suite.seed),
      weights_(shape.rows * shape.cols * sizeof(float), "bitgate-weights") {
  fill_weights(weights_.as<float>(), values_, seed_);
}

std::span<const float> Workload::weight_values() const { return weights_.as<float>(); }

std::span<const std::byte> Workload::float_weights(const std::string& format) {
  const auto [found, added] = float_weights_.try_emplace(format);
  if (added) found->second = float_bytes(format, weight_values());
  return found->second;
}

const oracle::Ternary& Workload::ternary() {
  if (ternary_ == nullptr) {
    ternary_ = std::make_unique<oracle::Ternary>(
        oracle::quantize_ternary(weight_values(), shape_.rows, shape_.cols, rounding_));
  }
  return *ternary_;
}

std::vector<std::byte> Workload::activations(const std::string& format, std::uint64_t batch,
                                             std::uint64_t variant) const {
  const std::uint64_t count = batch * shape_.cols;
  if (formats::is_float(format)) return float_activations(format, count, seed_, variant);
  // The integer product does not look at the scales.
  return oracle::encode_i8({batch, shape_.cols, int8_activations(count, seed_, variant),
                            std::vector<float>(batch, 1.0F / 127.0F)});
}

const Expected& Workload::matmul(const std::string& format, std::uint64_t batch,
                                 std::uint64_t variant) {
  const bool ternary_weights = formats::is_ternary(format);
  const auto [found, added] =
      products_.try_emplace({ternary_weights ? std::string("ternary") : format, batch, variant});
  Expected& expected = found->second;
  if (!added) return expected;
  const std::uint64_t count = batch * shape_.cols;
  if (ternary_weights) {
    expected.exact = oracle::matmul_i8(ternary().codes, int8_activations(count, seed_, variant),
                                       shape_.rows, shape_.cols, batch);
  } else {
    const std::vector<float> w = float_values(format, float_weights(format));
    const std::vector<float> x =
        float_values(format, float_activations(format, count, seed_, variant));
    const auto multiply = format == formats::kF32 ? oracle::matmul_f32 : oracle::matmul_half;
    oracle::Bounded product = multiply(w, x, shape_.rows, shape_.cols, batch);
    expected.value = std::move(product.value);
    expected.bound = std::move(product.bound);
  }
  return expected;
}

std::string_view activations_format(std::string_view format) {
  return formats::is_ternary(format) ? formats::kI8 : format;
}

std::vector<float> float_values(std::string_view format, std::span<const std::byte> bytes) {
  if (format != formats::kF32) return oracle::decode_half(format, bytes);
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::uint64_t mismatches(std::span<const std::byte> output, const Expected& expected) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < expected.exact.size(); ++i) {
    count += element<std::int32_t>(output, i) != expected.exact[i] ? 1 : 0;
  }
  for (std::size_t i = 0; i < expected.value.size(); ++i) {
    const double error = std::abs(double{element<float>(output, i)} - expected.value[i]);
    count += error <= expected.bound[i] ? 0 : 1;
  }
  return count;
}

double max_error(std::span<const std::byte> output, const Expected& expected) {
  double largest = 0;
  for (std::size_t i = 0; i < expected.value.size(); ++i) {
    const double error = std::abs(double{element<float>(output, i)} - expected.value[i]);
    if (error == 0) continue;
    const double share = error / expected.bound[i];
    if (share > largest || std::isnan(share)) largest = share;  // a NaN stays
  }
  return largest;
}

}  // namespace bitgate

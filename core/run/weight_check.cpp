#include "run/weight_check.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <vector>

#include "oracle/codec.hpp"
#include "oracle/registry.hpp"
#include "run/workload.hpp"

namespace bitgate {
namespace {

bool within_two_ulp(float a, float b) {
  return std::abs(a - b) <= 2 * std::numeric_limits<float>::epsilon() * std::abs(b);
}

/// A matrix in a format.
struct Layout {
  const std::string& format;
  std::uint64_t rows;
  std::uint64_t cols;
};

oracle::Ternary decode(const Layout& as, std::span<const std::byte> bytes) {
  return oracle::find_codec(as.format)->decode(bytes, as.rows, as.cols);
}

/// The scale that a tensor has as a whole; that of a format with one a block, if they are equal.
float common_scale(const oracle::Ternary& weights) {
  if (weights.block_scales.empty()) return weights.scale;
  const float first = weights.block_scales.front();
  const bool equal = std::all_of(weights.block_scales.begin(), weights.block_scales.end(),
                                 [&](float scale) { return scale == first; });
  return equal ? first : std::numeric_limits<float>::quiet_NaN();
}

/// What the backend holds, as ternary weights; a float format's values must be -s, 0, +s.
oracle::Ternary as_ternary(const Layout& as, std::span<const std::byte> bytes) {
  if (formats::is_ternary(as.format)) return decode(as, bytes);
  const std::vector<float> values = float_values(as.format, bytes);
  float scale = 0;
  for (const float value : values) scale = std::max(scale, std::abs(value));
  oracle::Ternary out{as.rows, as.cols, std::vector<std::int8_t>(values.size()), scale};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] != 0 && std::abs(values[i]) != scale) {
      throw std::invalid_argument("weights of more than three values");
    }
    out.codes[i] = static_cast<std::int8_t>(values[i] > 0 ? 1 : values[i] < 0 ? -1 : 0);
  }
  return out;
}

}  // namespace

void WeightCheck::add(const model::StoredWeight& stored, std::span<const std::byte> from,
                      std::span<const std::byte> got) {
  const Layout as{format_, stored.rows, stored.cols};
  // Stored and held alike: nothing was to be computed, and equal bytes have no error.
  if (stored.format == format_ && std::equal(from.begin(), from.end(), got.begin(), got.end())) {
    return;
  }
  try {
    const oracle::Ternary is = as_ternary(as, got);
    const bool ternary = stored.ternary;
    std::vector<float> source;
    oracle::Ternary wanted;
    if (formats::is_ternary(stored.format)) {
      wanted = decode({stored.format, stored.rows, stored.cols}, from);
      source = oracle::dequantize(wanted);
      wanted.scale = common_scale(wanted);
    } else {
      source = float_values(stored.format, from);
      wanted = oracle::quantize_ternary(source, as.rows, as.cols, rounding_of(stored));
    }
    // f16 and bf16 round the scale, and so do formats with scales of 16 bits; of those the codes
    // count. Else the mean may be summed in any order, and the codes are exact for what it gave.
    const bool narrow =
        !is.block_scales.empty() || format_ == formats::kF16 || format_ == formats::kBF16;
    const std::vector<std::int8_t> codes =
        ternary || narrow || is.scale == wanted.scale
            ? wanted.codes
            : oracle::ternary_codes(source, is.scale, oracle::Rounding::kAbsmean);
    std::uint64_t wrong = 0;
    for (std::size_t i = 0; i < codes.size(); ++i) wrong += codes[i] != is.codes[i] ? 1 : 0;
    constexpr float kHalfUlpOfBf16 = 0x1.01p-8F;
    const float scale = common_scale(is);
    const bool scale_right =
        narrow ? std::abs(scale - wanted.scale) <= kHalfUlpOfBf16 * std::abs(wanted.scale)
               : within_two_ulp(scale, wanted.scale);
    mismatches_ += scale_right ? wrong : codes.size();
    add_errors(source, oracle::dequantize(is));
  } catch (const std::invalid_argument&) {
    mismatches_ += stored.rows * stored.cols;
    error_squares_ = std::numeric_limits<double>::infinity();
    max_abs_ = std::numeric_limits<double>::infinity();
  }
}

void WeightCheck::add_errors(std::span<const float> source, std::span<const float> values) {
  for (std::size_t i = 0; i < source.size(); ++i) {
    const double from = source[i];
    const double to = values[i];
    source_squares_ += from * from;
    value_squares_ += to * to;
    products_ += from * to;
    error_squares_ += (from - to) * (from - to);
    max_abs_ = std::max(max_abs_, std::abs(from - to));
  }
}

QuantizeCheck WeightCheck::result() const {
  QuantizeCheck out;
  out.mismatches = mismatches_;
  out.max_abs = max_abs_;
  if (error_squares_ > 0) {
    out.nmse = error_squares_ / source_squares_;
    out.cosine = products_ / std::sqrt(source_squares_ * value_squares_);
  }
  return out;
}

}  // namespace bitgate

// Quantized weights of a model against what the oracle makes of the stored ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "model/model.hpp"
#include "oracle/codec.hpp"
#include "run/stages.hpp"

namespace bitgate {

/// How a model's matrix becomes ternary.
inline oracle::Rounding rounding_of(const model::StoredWeight& weight) {
  return weight.ternary ? oracle::Rounding::kTernary : oracle::Rounding::kAbsmean;
}

class WeightCheck {
 public:
  /// `format`: what the weights were brought into.
  explicit WeightCheck(std::string format) : format_(std::move(format)) {}

  /// One matrix: canonical bytes as stored, and as read back from the backend.
  void add(const model::StoredWeight& stored, std::span<const std::byte> from,
           std::span<const std::byte> got);

  /// Of all matrices together, errors against the stored weights.
  [[nodiscard]] QuantizeCheck result() const;

 private:
  void add_errors(std::span<const float> source, std::span<const float> values);

  std::string format_;
  std::uint64_t mismatches_ = 0;
  double source_squares_ = 0;
  double value_squares_ = 0;
  double products_ = 0;
  double error_squares_ = 0;
  double max_abs_ = 0;
};

}  // namespace bitgate

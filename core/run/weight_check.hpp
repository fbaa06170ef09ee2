// Quantized weights of a model against what the oracle makes of the stored ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "run/stages.hpp"

namespace bitgate {

class WeightCheck {
 public:
  /// `format`: what the weights were brought into.
  explicit WeightCheck(std::string format) : format_(std::move(format)) {}

  struct Stored {
    std::string format;
    std::uint64_t rows;
    std::uint64_t cols;
  };
  /// One matrix: canonical bytes as stored, and as read back from the backend.
  void add(const Stored& stored, std::span<const std::byte> from, std::span<const std::byte> got);

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

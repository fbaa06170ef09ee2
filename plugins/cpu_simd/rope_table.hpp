// Cosines and sines of the angles by which positions are turned.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace cpu_simd {

/// Angles position * base^(-j / half), j < half, in double, the same bits on every machine: own
/// functions, since those of C's library differ in the last place from CPU to CPU.
class RopeTable {
 public:
  RopeTable(double base, std::size_t half, std::size_t context);

  [[nodiscard]] const float* cosines(std::size_t position) const {
    return values_.data() + 2 * position * half_;
  }
  [[nodiscard]] const float* sines(std::size_t position) const { return cosines(position) + half_; }

 private:
  std::size_t half_;
  std::vector<float> values_;  // [context][2][half]
};

/// One table for all who ask for the same while any of them keeps it.
std::shared_ptr<const RopeTable> rope_table(double base, std::size_t half, std::size_t context);

}  // namespace cpu_simd

// A tensor in this backend: canonical bytes, but for i2_s on the vector implementations.
#pragma once

#include <bitgate/backend.hpp>

#include <string>

#include "memory.hpp"

namespace cpu_simd {

class CpuTensor : public bitgate::Tensor {
 public:
  /// `tiles`: whether i2_s is kept in tiles. Throws bitgate::Error for a format that is not known
  /// here, a shape that it can't hold, or lack of memory.
  CpuTensor(const bitgate::TensorDesc& desc, bool tiles);

  /// Canonical bytes in and out. Throws bitgate::Error(BG_INVALID_ARGUMENT) for an illegal code.
  void write(bitgate::ConstBytes bytes);
  void read(bitgate::Bytes bytes) const;

  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t cols() const { return cols_; }
  [[nodiscard]] const std::string& format() const { return format_; }

  /// Elements of f32, i32, i8; codes of i2_s.
  template <class T>
  [[nodiscard]] T* data() const {
    return data_.as<T>();
  }
  /// i8: a scale for each row. i2_s: one scale.
  [[nodiscard]] float* scales() const { return scales_.as<float>(); }

 private:
  std::string format_;
  std::size_t rows_;
  std::size_t cols_;
  bool tiles_;
  Memory data_;
  Memory scales_;
};

}  // namespace cpu_simd

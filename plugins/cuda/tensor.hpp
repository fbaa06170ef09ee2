// A tensor on a GPU, in the layouts that kernels/ternary.hpp describes.
#pragma once

#include <bitgate/backend.hpp>

#include <string>
#include <vector>

#include "gpu.hpp"

namespace bg_cuda {

class CudaTensor : public bitgate::Tensor {
 public:
  /// Throws bitgate::Error for a format that is not known here, a shape that it can't hold, or lack
  /// of memory. `gpu` outlives the tensor.
  CudaTensor(const bitgate::TensorDesc& desc, Gpu& gpu);

  /// Canonical bytes in and out. Throws bitgate::Error(BG_INVALID_ARGUMENT) for an illegal code.
  void write(bitgate::ConstBytes bytes);
  void read(bitgate::Bytes bytes) const;

  [[nodiscard]] const std::string& format() const { return format_; }
  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t cols() const { return cols_; }
  [[nodiscard]] std::size_t count() const { return rows_ * cols_; }
  [[nodiscard]] std::size_t chunks() const;       ///< of a row
  [[nodiscard]] std::size_t words() const;        ///< of a row of ternary codes
  [[nodiscard]] std::size_t padded_rows() const;  ///< ternary codes: up to whole blocks
  [[nodiscard]] std::size_t tiled_rows() const;   ///< i8: up to whole tiles

  /// Elements; words of ternary codes; codes of i8 in padded rows.
  template <class T>
  [[nodiscard]] T* data() const {
    return data_.as<T>();
  }
  /// Ternary formats: one f32, or f16 for each block. i8: f32 for each row.
  template <class T>
  [[nodiscard]] T* scales() const {
    return scales_.as<T>();
  }
  /// i8: for each chunk of each row.
  [[nodiscard]] std::int32_t* sums() const { return sums_.as<std::int32_t>(); }
  [[nodiscard]] bool has_block_scales() const { return block_scales_; }
  [[nodiscard]] std::size_t scale_count() const { return scale_count_; }

 private:
  void write_ternary(const std::uint8_t* from);
  void read_ternary(std::uint8_t* to) const;
  void write_int8(const std::uint8_t* from);
  void read_int8(std::uint8_t* to) const;

  std::string format_;
  std::size_t rows_;
  std::size_t cols_;
  Gpu& gpu_;
  bool ternary_;
  bool block_scales_;
  std::size_t scale_count_ = 0;
  Memory data_;
  Memory scales_;
  Memory sums_;
};

}  // namespace bg_cuda

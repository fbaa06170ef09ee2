// A tensor on the device.
#pragma once

#include <bitgate/backend.hpp>

#include <string>

#include "cl.hpp"
#include "engine.hpp"
#include "layout.hpp"

namespace opencl {

class ClTensor : public bitgate::Tensor {
 public:
  /// Throws bitgate::Error for a format that is not known here, a shape that it can't hold, or lack
  /// of memory. `queue` belongs to the engine's context and outlives the tensor.
  ClTensor(const bitgate::TensorDesc& desc, const Engine& engine, cl_command_queue queue);

  /// Canonical bytes in and out. Throws bitgate::Error(BG_INVALID_ARGUMENT) for an illegal code.
  void write(bitgate::ConstBytes bytes);
  void read(bitgate::Bytes bytes) const;

  [[nodiscard]] const std::string& format() const { return format_; }
  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] std::size_t rows() const { return shape_.rows; }
  [[nodiscard]] std::size_t cols() const { return shape_.cols; }
  [[nodiscard]] std::size_t count() const { return shape_.rows * shape_.cols; }

  /// Elements; words of ternary codes; pairs of i8.
  [[nodiscard]] cl_mem data() const { return data_.get(); }
  /// Ternary formats: one f32, or f16 for each block. i8: f32 for each row.
  [[nodiscard]] cl_mem scales() const { return scales_.get(); }
  /// i8: for each chunk of each row.
  [[nodiscard]] cl_mem sums() const { return sums_.get(); }
  [[nodiscard]] bool has_block_scales() const { return block_scales_; }
  [[nodiscard]] std::size_t scale_count() const { return scale_count_; }

 private:
  [[nodiscard]] Buffer make(const Engine& engine, std::size_t size) const;
  void put(cl_mem to, const void* from, std::size_t size) const;
  void get(cl_mem from, void* to, std::size_t size) const;
  void write_ternary(const std::uint8_t* from);
  void read_ternary(std::uint8_t* to) const;
  void write_int8(const std::uint8_t* from);
  void read_int8(std::uint8_t* to) const;

  std::string format_;
  Shape shape_;
  cl_command_queue queue_;
  bool ternary_;
  bool block_scales_;
  std::size_t scale_count_ = 0;
  Buffer data_;
  Buffer scales_;
  Buffer sums_;
};

}  // namespace opencl

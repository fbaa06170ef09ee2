// A tensor in this backend: canonical bytes, but for ternary weights, which lie in tiles.
#pragma once

#include <bitgate/backend.hpp>

#include <optional>
#include <string>

#include "kernel_table.hpp"
#include "memory.hpp"
#include "thread_team.hpp"

namespace cpu_simd {

/// The tiles in which an implementation keeps a ternary format: those of tl2 and tq1_0, which cost
/// 1.7 bits a weight themselves, hold five codes a byte where there are kernels for them.
const TileKernels& tiles_of(std::string_view format, const KernelTable& kernels);

class CpuTensor : public bitgate::Tensor {
 public:
  /// Throws bitgate::Error for a format that is not known here, a shape that it can't hold, or lack
  /// of memory. `kernels` outlives the tensor.
  CpuTensor(const bitgate::TensorDesc& desc, const KernelTable& kernels);

  /// Sees to it that no page is provided at its first use inside a run.
  void provide();

  /// Canonical bytes in and out. Throws bitgate::Error(BG_INVALID_ARGUMENT) for an illegal code,
  /// the first whatever the number of threads.
  void write(bitgate::ConstBytes bytes, ThreadTeam& team);
  void read(bitgate::Bytes bytes) const;

  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t cols() const { return cols_; }
  [[nodiscard]] const std::string& format() const { return format_; }

  /// Bytes of elements and scales, as they lie here.
  [[nodiscard]] std::size_t footprint() const { return data_.size() + scales_.size(); }

  /// Elements; ternary formats: tiles.
  template <class T>
  [[nodiscard]] T* data() const {
    return data_.as<T>();
  }
  /// i8: a scale for each row. Ternary formats: one scale, or with `has_block_scales` one for each
  /// block, as f16.
  template <class T = float>
  [[nodiscard]] T* scales() const {
    return scales_.as<T>();
  }
  [[nodiscard]] bool has_block_scales() const;
  [[nodiscard]] std::size_t block_count() const { return scales_.size() / sizeof(std::uint16_t); }
  /// Block scales only: the f16 that all blocks have but those of zeros alone, nothing if they
  /// differ.
  [[nodiscard]] std::optional<std::uint16_t> common_scale() const { return common_scale_; }
  void set_block_scales(std::uint16_t bits);  ///< of all blocks

  /// Ternary formats only.
  [[nodiscard]] const TileKernels& tile() const { return *tile_; }
  [[nodiscard]] std::size_t tile_count() const;  ///< of a group
  [[nodiscard]] std::size_t padded_cols() const { return tile_count() * tile_->columns; }
  [[nodiscard]] std::uint8_t* group(std::size_t row) const;  ///< tiles of the group of `row`

 private:
  void write_ternary(const std::uint8_t* from, ThreadTeam& team);
  void compare_scales(const std::uint8_t* codes, std::size_t row, bool& any);
  void read_ternary(std::uint8_t* to) const;

  std::string format_;
  std::size_t rows_;
  std::size_t cols_;
  const TileKernels* tile_ = nullptr;
  PackI2S* pack_ = nullptr;  ///< for the groups of this format, shape and tiles, if there is one
  Memory data_;
  Memory scales_;
  std::optional<std::uint16_t> common_scale_ = 0;
  bool provided_ = false;
};

}  // namespace cpu_simd

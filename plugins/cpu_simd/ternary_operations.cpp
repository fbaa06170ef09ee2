#include <algorithm>
#include <cmath>
#include <cstring>

#include "operations.hpp"
#include "tiles.hpp"

namespace cpu_simd {
namespace {

namespace formats = bitgate::formats;
using bitgate::Op;

constexpr std::size_t kLeastChunk = std::size_t{64} << 10;   // bytes of weights
constexpr std::size_t kLeastStream = std::size_t{16} << 10;  // the same, where one row reads them

std::size_t groups_of(std::size_t rows) { return (rows + kGroupRows - 1) / kGroupRows; }

class TernaryQuantize : public Operation {
 public:
  TernaryQuantize(const Op& op, const KernelTable& kernels)
      : kernels_(kernels),
        x_(tensor_of(op.inputs[0])),
        q_(tensor_of(op.outputs[0])),
        absmean_(op.text("rounding") == "absmean"),
        partial_(groups_of(x_.rows())) {}

  std::size_t scratch() const override { return kSlabRows * q_.padded_cols(); }

  void run(ThreadTeam& team) override {
    // One partial result a group, so that the sum does not depend on which thread took which.
    if (absmean_) {
      team.for_ranges(groups_of(x_.rows()), 1, [&](std::size_t group, std::size_t, std::size_t) {
        const std::size_t first = group * kGroupRows;
        const std::size_t rows = std::min(kGroupRows, x_.rows() - first);
        partial_[group] = kernels_.abs_sum.run(row(first), rows * x_.cols());
      });
      set_scale(mean());
    }
    // "Ternary" keeps |x| >= 1e-6: all that is above the float before it. It does not look at the
    // scale, which the same pass finds.
    const float threshold = absmean_ ? scale_ * 0.5F : std::nextafter(1e-6F, 0.0F);
    team.for_ranges(groups_of(x_.rows()), 1,
                    [&](std::size_t group, std::size_t, std::size_t worker) {
                      const float largest = pack_group(group, threshold, team.scratch(worker));
                      if (!absmean_) partial_[group] = double{largest};
                    });
    if (!absmean_) {
      set_scale(static_cast<float>(*std::max_element(partial_.begin(), partial_.end())));
    }
  }

  std::vector<std::string> kernels() const override {
    std::vector<std::string> names;
    if (absmean_) names.push_back(kernel_name(kernels_.abs_sum.isa, "abs_sum"));
    names.push_back(kernel_name(kernels_.quantize_ternary.isa, q_.format() + "_quantize"));
    return names;
  }

 private:
  [[nodiscard]] const float* row(std::size_t index) const {
    return x_.data<float>() + index * x_.cols();
  }

  /// Returns max|x| of the group.
  float pack_group(std::size_t group, float threshold, std::uint8_t* slab) const {
    const std::size_t stride = q_.padded_cols();
    const std::size_t begin = group * kGroupRows;
    float largest = 0;
    for (std::size_t first = begin; first < begin + kGroupRows; first += kSlabRows) {
      for (std::size_t i = 0; i < kSlabRows; ++i) {
        std::uint8_t* codes = slab + i * stride;
        const std::size_t known = first + i < x_.rows() ? x_.cols() : 0;
        std::memset(codes + known, kZeroCode, stride - known);
        if (known == 0) continue;
        largest = std::max(largest,
                           kernels_.quantize_ternary.run(row(first + i), known, threshold, codes));
      }
      pack_slab(slab, stride, first, q_.tile_count(), q_.tile(), q_.data<std::uint8_t>());
    }
    return largest;
  }

  [[nodiscard]] float mean() const {
    double sum = 0;
    for (const double part : partial_) sum += part;
    const double count = static_cast<double>(x_.rows()) * static_cast<double>(x_.cols());
    return std::max(static_cast<float>(sum / count), 1e-5F);
  }

  void set_scale(float scale) {
    scale_ = scale;
    if (q_.has_block_scales()) {
      std::uint16_t bits = 0;
      kernels_.quantize_f16.run(&scale, 1, &bits);
      q_.set_block_scales(bits);
    } else {
      *q_.scales() = scale;
    }
  }

  const KernelTable& kernels_;
  CpuTensor& x_;
  CpuTensor& q_;
  bool absmean_;
  float scale_ = 0;
  std::vector<double> partial_;
};

class TernaryDequantize : public Operation {
 public:
  TernaryDequantize(const Op& op, const KernelTable& kernels)
      : kernels_(kernels),
        q_(tensor_of(op.inputs[0])),
        y_(tensor_of(op.outputs[0])),
        quad_bytes_(quad_bytes(q_.cols(), q_.tile())),
        scales_(q_.has_block_scales() ? q_.block_count() : 1) {}

  std::size_t scratch() const override { return quad_bytes_ + q_.cols(); }

  void run(ThreadTeam& team) override {
    if (q_.has_block_scales()) {
      kernels_.dequantize_f16.run(q_.scales<std::uint16_t>(), scales_.size(), scales_.data());
    } else {
      scales_[0] = *q_.scales();
    }
    team.for_ranges(groups_of(q_.rows()), 1,
                    [&](std::size_t group, std::size_t, std::size_t worker) {
                      std::uint8_t* quads = team.scratch(worker);
                      write_group(group, quads, quads + quad_bytes_);
                    });
  }

  std::vector<std::string> kernels() const override {
    return {kernel_name(kernels_.dequantize_ternary.isa, q_.format() + "_dequantize")};
  }

 private:
  void write_group(std::size_t group, std::uint8_t* quads, std::uint8_t* codes) const {
    const std::size_t begin = group * kGroupRows;
    const std::size_t cols = q_.cols();
    const std::size_t step = q_.has_block_scales() ? formats::kTqBlock : cols;
    q_.tile().unpack(q_.group(begin), q_.tile_count(), quads);
    for (std::size_t row = begin; row < std::min(begin + kGroupRows, q_.rows()); ++row) {
      row_of_quads(quads, row - begin, cols, codes);
      for (std::size_t col = 0; col < cols; col += step) {
        const float scale = scales_.size() == 1 ? scales_[0] : scales_[(row * cols + col) / step];
        kernels_.dequantize_ternary.run(codes + col, step, scale,
                                        y_.data<float>() + row * cols + col);
      }
    }
  }

  const KernelTable& kernels_;
  CpuTensor& q_;
  CpuTensor& y_;
  std::size_t quad_bytes_;
  std::vector<float> scales_;
};

/// Ternary weights times rows of int8 activations, to int32 or with their scales to f32: panels of
/// several rows through gemm, what is left over row by row through gemv.
class TernaryMatmul : public Operation {
 public:
  TernaryMatmul(const Op& op, const KernelTable& kernels)
      : kernels_(kernels),
        w_(tensor_of(op.inputs[0])),
        x_(tensor_of(op.inputs[1])),
        y_(tensor_of(op.outputs[0])),
        scaled_(y_.format() == formats::kF32),
        by_blocks_(scaled_ && w_.has_block_scales() ? make_block_matmul(op, kernels) : nullptr),
        stride_(w_.padded_cols()),
        x_sums_(x_.rows()) {
    for (const std::size_t width : w_.tile().panels) {
      for (; width != 0 && x_.rows() - singles_ >= width; singles_ += width) {
        panels_.push_back({singles_, width});
      }
    }
    if (!panels_.empty()) return;
    const std::size_t group_bytes = w_.tile_count() * kTileBytes;
    chunk_ = (x_.rows() == 1 ? kLeastStream : kLeastChunk) / group_bytes + 1;
  }

  void run(ThreadTeam& team) override {
    if (by_blocks_ && !w_.common_scale()) return by_blocks_->run(team);
    if (scaled_) scale_ = one_scale();
    staged_ = reinterpret_cast<std::int8_t*>(team.shared());
    team.for_ranges(panels_.size(), 1, [&](std::size_t index, std::size_t, std::size_t worker) {
      interleave(panels_[index], reinterpret_cast<std::int8_t*>(team.scratch(worker)));
    });
    for (std::size_t row = singles_; row < x_.rows(); ++row) x_sums_[row] = stage(row, staged(row));
    const auto job = [&](std::size_t begin, std::size_t end, std::size_t worker) {
      multiply(begin * kGroupRows, std::min(end * kGroupRows, w_.rows()), team.scratch(worker));
    };
    const std::size_t groups = groups_of(w_.rows());
    // One row streams through the weights; several share each chunk while it is in the cache.
    if (x_.rows() == 1) {
      team.for_shrinking_ranges(groups, chunk_, job);
    } else {
      team.for_ranges(groups, chunk_, job);
    }
  }

  std::vector<std::string> kernels() const override {
    const std::string weights = w_.format() + w_.tile().suffix;
    std::vector<std::string> names;
    if (!panels_.empty()) names.push_back(kernel_name(w_.tile().isa, weights + "_gemm"));
    if (singles_ < x_.rows()) names.push_back(kernel_name(w_.tile().isa, weights + "_gemv"));
    if (by_blocks_) names.push_back(by_blocks_->kernels().front());
    return names;
  }

  void count(std::span<bitgate::Kernel> kernels) const override {
    if (!by_blocks_) return Operation::count(kernels);
    const std::size_t others = kernels.size() - 1;
    if (w_.common_scale()) return Operation::count(kernels.first(others));
    by_blocks_->count(kernels.subspan(others));
  }

  std::size_t scratch() const override {
    std::size_t most = by_blocks_ ? by_blocks_->scratch() : 0;
    if (panels_.empty()) return most;
    if (w_.tile().unpacked) most = std::max(most, quad_bytes(w_.cols(), w_.tile()));
    return std::max(most, w_.tile().panels[0] * stride_);
  }
  std::size_t shared() const override {
    return std::max(x_.rows() * stride_, by_blocks_ ? by_blocks_->shared() : 0);
  }

 private:
  struct Panel {
    std::size_t first;
    std::size_t width;
  };

  [[nodiscard]] float one_scale() const {
    if (!w_.has_block_scales()) return *w_.scales();
    float scale = 0;
    const std::uint16_t bits = *w_.common_scale();
    kernels_.dequantize_f16.run(&bits, 1, &scale);
    return scale;
  }

  [[nodiscard]] const std::int8_t* activations(std::size_t row) const {
    return x_.data<std::int8_t>() + row * x_.cols();
  }
  /// A row, or the panel that starts with it, with zeros up to whole tiles.
  [[nodiscard]] std::int8_t* staged(std::size_t row) const { return staged_ + row * stride_; }
  /// Where sums go: f32 is as wide, and takes their place.
  [[nodiscard]] std::int32_t* output(std::size_t batch) const {
    return y_.data<std::int32_t>() + batch * w_.rows();
  }

  /// Copies a row, with zeros up to whole tiles; returns its sum.
  std::int32_t stage(std::size_t row, std::int8_t* to) const {
    std::memset(to + x_.cols(), 0, stride_ - x_.cols());
    return kernels_.copy_sum.run(activations(row), x_.cols(), to);
  }

  void interleave(const Panel& panel, std::int8_t* rows) {
    for (std::size_t c = 0; c < panel.width; ++c) {
      x_sums_[panel.first + c] = stage(panel.first + c, rows + c * stride_);
    }
    std::int8_t* to = staged(panel.first);
    for (std::size_t k = 0; k < stride_; k += 4) {
      for (std::size_t c = 0; c < panel.width; ++c, to += 4) {
        std::memcpy(to, rows + c * stride_ + k, 4);
      }
    }
  }

  /// Where a panel's sums will go: a line that is on its way while they are computed does not keep
  /// the next panel waiting.
  void prefetch(const Panel& panel, std::size_t row, std::size_t rows) const {
    for (std::size_t c = 0; c < panel.width; ++c) {
      const std::int32_t* sums = output(panel.first + c) + row;
      __builtin_prefetch(sums, 1);
      __builtin_prefetch(sums + rows - 1, 1);
    }
  }

  void multiply(std::size_t begin, std::size_t end, std::uint8_t* quads) {
    const TileKernels& tile = w_.tile();
    for (std::size_t row = begin; row < end && !panels_.empty(); row += kGroupRows) {
      const std::uint8_t* group = w_.group(row);
      std::size_t count = w_.tile_count();
      if (tile.unpacked) {
        tile.unpack(group, count, quads);
        group = quads;
        count = stride_ / 4;
      }
      const std::size_t rows = std::min(kGroupRows, end - row);
      for (const Panel& panel : panels_) {
        prefetch(panel, row, rows);
        tile.gemm(group, count, rows, staged(panel.first), panel.width,
                  x_sums_.data() + panel.first, output(panel.first) + row, w_.rows());
      }
    }
    for (std::size_t b = singles_; b < x_.rows(); ++b) {
      w_.tile().gemv(w_.data<std::uint8_t>(), w_.tile_count(), begin, end, staged(b), x_sums_[b],
                     output(b));
    }
    for (std::size_t b = 0; b < x_.rows() && scaled_; ++b) {
      std::int32_t* sums = output(b) + begin;
      kernels_.floats->scale_sums(sums, end - begin, scale_ * x_.scales()[b],
                                  reinterpret_cast<float*>(sums));
    }
  }

  const KernelTable& kernels_;
  CpuTensor& w_;
  CpuTensor& x_;
  CpuTensor& y_;
  bool scaled_;
  std::unique_ptr<Operation> by_blocks_;  // where block scales may differ
  float scale_ = 0;
  std::size_t stride_;
  std::int8_t* staged_ = nullptr;  // of the team
  std::vector<std::int32_t> x_sums_;
  std::vector<Panel> panels_;
  std::size_t singles_ = 0;  // first activation row of no panel
  std::size_t chunk_ = 1;    // groups that a thread takes at a time
};

}  // namespace

std::unique_ptr<Operation> make_ternary_quantize(const Op& op, const KernelTable& kernels) {
  return std::make_unique<TernaryQuantize>(op, kernels);
}

std::unique_ptr<Operation> make_ternary_dequantize(const Op& op, const KernelTable& kernels) {
  return std::make_unique<TernaryDequantize>(op, kernels);
}

std::unique_ptr<Operation> make_ternary_matmul(const Op& op, const KernelTable& kernels) {
  return std::make_unique<TernaryMatmul>(op, kernels);
}

}  // namespace cpu_simd

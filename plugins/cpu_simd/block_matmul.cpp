// Ternary weights with a scale for each block of 256, times int8 activations, to f32: files may
// hold blocks whose scales differ, though a tensor that is quantized here has but one.
#include <algorithm>
#include <cstring>

#include "operations.hpp"
#include "tiles.hpp"

namespace cpu_simd {
namespace {

constexpr std::size_t kBlock = bitgate::formats::kTqBlock;

/// Block by block through gemv. A tile need not end where a block does, so a block's activations
/// lie in whole tiles of zeros.
class BlockMatmul : public Operation {
 public:
  BlockMatmul(const bitgate::Op& op, const KernelTable& kernels)
      : kernels_(kernels),
        w_(tensor_of(op.inputs[0])),
        x_(tensor_of(op.inputs[1])),
        y_(tensor_of(op.outputs[0])),
        blocks_(w_.cols() / kBlock),
        span_(tiles_for(kBlock + w_.tile().columns - 1, w_.tile()) * w_.tile().columns),
        sums_(x_.rows() * blocks_) {}

  std::size_t scratch() const override { return kGroupRows * blocks_ * sizeof(float); }
  std::size_t shared() const override { return x_.rows() * blocks_ * span_; }

  void run(ThreadTeam& team) override {
    staged_ = reinterpret_cast<std::int8_t*>(team.shared());
    team.for_ranges(x_.rows(), 1, [&](std::size_t row, std::size_t, std::size_t) { stage(row); });
    const std::size_t groups = (w_.rows() + kGroupRows - 1) / kGroupRows;
    team.for_ranges(groups, 1, [&](std::size_t group, std::size_t, std::size_t worker) {
      multiply(group * kGroupRows, reinterpret_cast<float*>(team.scratch(worker)));
    });
  }

  std::vector<std::string> kernels() const override {
    return {kernel_name(w_.tile().isa, w_.format() + w_.tile().suffix + "_block_gemv")};
  }

 private:
  [[nodiscard]] std::size_t first_tile(std::size_t block) const {
    return block * kBlock / w_.tile().columns;
  }
  [[nodiscard]] std::size_t tiles_of_block(std::size_t block) const {
    return tiles_for((block + 1) * kBlock, w_.tile()) - first_tile(block);
  }
  [[nodiscard]] std::int8_t* staged(std::size_t row, std::size_t block) const {
    return staged_ + (row * blocks_ + block) * span_;
  }

  void stage(std::size_t row) {
    const std::int8_t* from = x_.data<std::int8_t>() + row * x_.cols();
    for (std::size_t block = 0; block < blocks_; ++block) {
      std::int8_t* to = staged(row, block);
      std::memset(to, 0, span_);
      const std::size_t before = block * kBlock - first_tile(block) * w_.tile().columns;
      sums_[row * blocks_ + block] =
          kernels_.copy_sum.run(from + block * kBlock, kBlock, to + before);
    }
  }

  void multiply(std::size_t first, float* scales) const {
    const std::size_t rows = std::min(kGroupRows, w_.rows() - first);
    kernels_.dequantize_f16.run(w_.scales<std::uint16_t>() + first * blocks_, rows * blocks_,
                                scales);
    for (std::size_t b = 0; b < x_.rows(); ++b) {
      float* y = y_.data<float>() + b * w_.rows() + first;
      std::fill_n(y, rows, 0.0F);
      for (std::size_t block = 0; block < blocks_; ++block) {
        std::int32_t sums[kGroupRows];
        w_.tile().gemv(w_.group(first) + first_tile(block) * kTileBytes, tiles_of_block(block), 0,
                       rows, staged(b, block), sums_[b * blocks_ + block], sums);
        for (std::size_t r = 0; r < rows; ++r) {
          y[r] += static_cast<float>(sums[r]) * (scales[r * blocks_ + block] * x_.scales()[b]);
        }
      }
    }
  }

  const KernelTable& kernels_;
  CpuTensor& w_;
  CpuTensor& x_;
  CpuTensor& y_;
  std::size_t blocks_;             // of a row
  std::size_t span_;               // bytes of a block's activations
  std::int8_t* staged_ = nullptr;  // of the team
  std::vector<std::int32_t> sums_;
};

}  // namespace

std::unique_ptr<Operation> make_block_matmul(const bitgate::Op& op, const KernelTable& kernels) {
  return std::make_unique<BlockMatmul>(op, kernels);
}

}  // namespace cpu_simd

#include "operations.hpp"

#include <algorithm>

namespace cpu_simd {
namespace {

namespace formats = bitgate::formats;
using bitgate::Op;
using bitgate::TensorDesc;

constexpr std::size_t kChunkBytes = 64U << 10;  // of weights that a thread streams at a time
constexpr std::size_t kRowsTogether = 24;       // a multiple of what the float kernels block

class QuantizeInt8 : public RowOperation {
 public:
  QuantizeInt8(const Op& op, const KernelTable& kernels)
      : RowOperation(tensor_of(op.inputs[0])),
        kernel_(kernels.quantize_i8),
        x_(tensor_of(op.inputs[0])),
        q_(tensor_of(op.outputs[0])) {}

  void run_rows(std::size_t begin, std::size_t end) const override {
    const std::size_t cols = x_.cols();
    for (std::size_t row = begin; row < end; ++row) {
      q_.scales()[row] =
          kernel_.run(x_.data<float>() + row * cols, cols, q_.data<std::int8_t>() + row * cols);
    }
  }

  std::vector<std::string> kernels() const override {
    return {kernel_name(kernel_.isa, "i8_quantize")};
  }

 private:
  Kernel<cpu_simd::QuantizeI8> kernel_;
  CpuTensor& x_;
  CpuTensor& q_;
};

class DequantizeInt8 : public RowOperation {
 public:
  DequantizeInt8(const Op& op, const KernelTable& kernels)
      : RowOperation(tensor_of(op.inputs[0])),
        kernel_(kernels.dequantize_i8),
        q_(tensor_of(op.inputs[0])),
        y_(tensor_of(op.outputs[0])) {}

  void run_rows(std::size_t begin, std::size_t end) const override {
    const std::size_t cols = q_.cols();
    for (std::size_t row = begin; row < end; ++row) {
      kernel_.run(q_.data<std::int8_t>() + row * cols, cols, q_.scales()[row],
                  y_.data<float>() + row * cols);
    }
  }

  std::vector<std::string> kernels() const override {
    return {kernel_name(kernel_.isa, "i8_dequantize")};
  }

 private:
  Kernel<cpu_simd::DequantizeI8> kernel_;
  CpuTensor& q_;
  CpuTensor& y_;
};

/// Elements of 4 bytes to ones of 2, or back, row by row.
template <class From, class To>
class Convert : public RowOperation {
 public:
  Convert(const Op& op, Kernel<void(const From*, std::size_t, To*)> kernel, std::string what)
      : RowOperation(tensor_of(op.inputs[0])),
        kernel_(kernel),
        what_(std::move(what)),
        x_(tensor_of(op.inputs[0])),
        y_(tensor_of(op.outputs[0])) {}

  void run_rows(std::size_t begin, std::size_t end) const override {
    const std::size_t cols = x_.cols();
    for (std::size_t row = begin; row < end; ++row) {
      kernel_.run(x_.data<From>() + row * cols, cols, y_.data<To>() + row * cols);
    }
  }

  std::vector<std::string> kernels() const override { return {kernel_name(kernel_.isa, what_)}; }

 private:
  Kernel<void(const From*, std::size_t, To*)> kernel_;
  std::string what_;
  CpuTensor& x_;
  CpuTensor& y_;
};

using QuantizeToHalf = Convert<float, std::uint16_t>;
using DequantizeFromHalf = Convert<std::uint16_t, float>;

/// Weights W times activations X, which are f32 or what the weights are.
template <class W, class X>
class FloatMatmul : public Operation {
 public:
  using Run = void(const W* w, const X* x, std::size_t cols, std::size_t begin, std::size_t end,
                   std::size_t batch, float* y, std::size_t stride);

  FloatMatmul(const Op& op, const char* isa, Run* kernel)
      : isa_(isa),
        kernel_(kernel),
        w_(tensor_of(op.inputs[0])),
        x_(tensor_of(op.inputs[1])),
        y_(tensor_of(op.outputs[0])) {}

  void run(ThreadTeam& team) override {
    const std::size_t rows = kChunkBytes / (w_.cols() * sizeof(W));
    const std::size_t chunk = std::max<std::size_t>(rows / kRowsTogether, 1) * kRowsTogether;
    const auto job = [&](std::size_t begin, std::size_t end, std::size_t) {
      kernel_(w_.data<W>(), x_.data<X>(), w_.cols(), begin, end, x_.rows(), y_.data<float>(),
              w_.rows());
    };
    // One row streams through the weights; several share each chunk while it is in the cache.
    if (x_.rows() == 1) {
      team.for_shrinking_ranges(w_.rows(), chunk, job);
    } else {
      team.for_ranges(w_.rows(), chunk, job);
    }
  }

  std::vector<std::string> kernels() const override {
    return {kernel_name(isa_, w_.format() + "_matmul")};
  }

 private:
  const char* isa_;
  Run* kernel_;
  CpuTensor& w_;
  CpuTensor& x_;
  CpuTensor& y_;
};

bool is(const TensorDesc& desc, std::string_view format) { return desc.format == format; }

std::unique_ptr<Operation> make_quantize(const Op& op, const KernelTable& kernels) {
  const TensorDesc& to = op.outputs[0].desc;
  if (is(to, formats::kI8)) return std::make_unique<QuantizeInt8>(op, kernels);
  if (is(to, formats::kF16)) {
    return std::make_unique<QuantizeToHalf>(op, kernels.quantize_f16, "f16_quantize");
  }
  if (is(to, formats::kBF16)) {
    return std::make_unique<QuantizeToHalf>(op, kernels.quantize_bf16, "bf16_quantize");
  }
  return make_ternary_quantize(op, kernels);
}

std::unique_ptr<Operation> make_dequantize(const Op& op, const KernelTable& kernels) {
  const TensorDesc& from = op.inputs[0].desc;
  if (is(from, formats::kI8)) return std::make_unique<DequantizeInt8>(op, kernels);
  if (is(from, formats::kF16)) {
    return std::make_unique<DequantizeFromHalf>(op, kernels.dequantize_f16, "f16_dequantize");
  }
  if (is(from, formats::kBF16)) {
    return std::make_unique<DequantizeFromHalf>(op, kernels.dequantize_bf16, "bf16_dequantize");
  }
  return make_ternary_dequantize(op, kernels);
}

std::unique_ptr<Operation> make_half_matmul(const Op& op, Kernel<MatmulHalf> same, const char* isa,
                                            MixedMatmul<std::uint16_t>* mixed) {
  if (is(op.inputs[1].desc, formats::kF32)) {
    return std::make_unique<FloatMatmul<std::uint16_t, float>>(op, isa, mixed);
  }
  return std::make_unique<FloatMatmul<std::uint16_t, std::uint16_t>>(op, same.isa, same.run);
}

std::unique_ptr<Operation> make_matmul(const Op& op, const KernelTable& kernels) {
  const FloatKernels& floats = *kernels.floats;
  const TensorDesc& w = op.inputs[0].desc;
  if (is(w, formats::kF32)) {
    return std::make_unique<FloatMatmul<float, float>>(op, floats.isa, floats.matmul_f32);
  }
  if (is(w, formats::kF16)) {
    return make_half_matmul(op, kernels.matmul_f16, floats.isa, floats.matmul_f16);
  }
  if (is(w, formats::kBF16)) {
    return make_half_matmul(op, kernels.matmul_bf16, floats.isa, floats.matmul_bf16);
  }
  return make_ternary_matmul(op, kernels);
}

}  // namespace

void RowOperation::run(ThreadTeam& team) {
  const RowOperation* const alone = this;
  run_together({&alone, 1}, team);
}

void run_together(std::span<const RowOperation* const> operations, ThreadTeam& team) {
  std::size_t together = operations.front()->together();
  for (const RowOperation* operation : operations) {
    operation->check();
    together = std::min(together, operation->together());
  }
  team.for_ranges(operations.front()->rows(), together,
                  [&](std::size_t begin, std::size_t end, std::size_t) {
                    for (const RowOperation* operation : operations)
                      operation->run_rows(begin, end);
                  });
}

std::unique_ptr<Operation> make_operation(const Op& op, const KernelTable& kernels) {
  if (op.kind == "quantize") return make_quantize(op, kernels);
  if (op.kind == "dequantize") return make_dequantize(op, kernels);
  if (op.kind == "matmul") return make_matmul(op, kernels);
  return make_transformer_operation(op, kernels);
}

}  // namespace cpu_simd

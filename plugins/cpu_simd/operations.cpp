#include "operations.hpp"

#include <algorithm>

namespace cpu_simd {
namespace {

namespace formats = bitgate::formats;
using bitgate::Op;
using bitgate::Support;
using bitgate::TensorDesc;

constexpr std::size_t kChunkBytes = 64U << 10;  // of weights that a thread streams at a time
constexpr std::size_t kRowsTogether = 24;       // a multiple of what the float kernels block

class QuantizeInt8 : public Operation {
 public:
  QuantizeInt8(const Op& op, const KernelTable& kernels)
      : kernel_(kernels.quantize_i8), x_(tensor_of(op.inputs[0])), q_(tensor_of(op.outputs[0])) {}

  void run(ThreadTeam& team) override {
    const std::size_t cols = x_.cols();
    team.for_ranges(x_.rows(), 1, [&](std::size_t row, std::size_t, std::size_t) {
      q_.scales()[row] =
          kernel_.run(x_.data<float>() + row * cols, cols, q_.data<std::int8_t>() + row * cols);
    });
  }

  std::vector<std::string> kernels() const override {
    return {kernel_name(kernel_.isa, "i8_quantize")};
  }

 private:
  Kernel<cpu_simd::QuantizeI8> kernel_;
  CpuTensor& x_;
  CpuTensor& q_;
};

class DequantizeInt8 : public Operation {
 public:
  DequantizeInt8(const Op& op, const KernelTable& kernels)
      : kernel_(kernels.dequantize_i8), q_(tensor_of(op.inputs[0])), y_(tensor_of(op.outputs[0])) {}

  void run(ThreadTeam& team) override {
    const std::size_t cols = q_.cols();
    team.for_ranges(q_.rows(), 1, [&](std::size_t row, std::size_t, std::size_t) {
      kernel_.run(q_.data<std::int8_t>() + row * cols, cols, q_.scales()[row],
                  y_.data<float>() + row * cols);
    });
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
class Convert : public Operation {
 public:
  Convert(const Op& op, Kernel<void(const From*, std::size_t, To*)> kernel, std::string what)
      : kernel_(kernel),
        what_(std::move(what)),
        x_(tensor_of(op.inputs[0])),
        y_(tensor_of(op.outputs[0])) {}

  void run(ThreadTeam& team) override {
    const std::size_t cols = x_.cols();
    team.for_ranges(x_.rows(), 1, [&](std::size_t row, std::size_t, std::size_t) {
      kernel_.run(x_.data<From>() + row * cols, cols, y_.data<To>() + row * cols);
    });
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

template <class T>
class FloatMatmul : public Operation {
 public:
  FloatMatmul(const Op& op, Kernel<Matmul<T>> kernel)
      : kernel_(kernel),
        w_(tensor_of(op.inputs[0])),
        x_(tensor_of(op.inputs[1])),
        y_(tensor_of(op.outputs[0])) {}

  void run(ThreadTeam& team) override {
    const std::size_t rows = kChunkBytes / (w_.cols() * sizeof(T));
    const std::size_t chunk = std::max<std::size_t>(rows / kRowsTogether, 1) * kRowsTogether;
    team.for_ranges(w_.rows(), chunk, [&](std::size_t begin, std::size_t end, std::size_t) {
      kernel_.run(w_.data<T>(), x_.data<T>(), w_.cols(), begin, end, x_.rows(), y_.data<float>(),
                  w_.rows());
    });
  }

  std::vector<std::string> kernels() const override {
    return {kernel_name(kernel_.isa, w_.format() + "_matmul")};
  }

 private:
  Kernel<Matmul<T>> kernel_;
  CpuTensor& w_;
  CpuTensor& x_;
  CpuTensor& y_;
};

bool is(const TensorDesc& desc, std::string_view format) { return desc.format == format; }
bool is_half(const TensorDesc& desc) { return is(desc, formats::kF16) || is(desc, formats::kBF16); }

bool same_shape(const TensorDesc& a, const TensorDesc& b) {
  return a.rows() == b.rows() && a.cols() == b.cols();
}

Support supports_quantize(const Op& op) {
  const TensorDesc& x = op.inputs[0].desc;
  const TensorDesc& q = op.outputs[0].desc;
  const std::string_view rounding = op.text("rounding");
  if (!is(x, formats::kF32)) return Support::no("quantize takes f32");
  if (!same_shape(x, q)) return Support::no("quantize: input and output differ in shape");
  if (is(q, formats::kI8) && rounding == "absmax") return Support::yes();
  if (is_half(q) && rounding == "nearest") return Support::yes();
  if (formats::is_ternary(q.format) && (rounding == "ternary" || rounding == "absmean")) {
    return Support::yes();
  }
  return Support::no("quantize to " + std::string(q.format) + " with rounding '" +
                     std::string(rounding) + "'");
}

Support supports_dequantize(const Op& op) {
  const TensorDesc& q = op.inputs[0].desc;
  const TensorDesc& y = op.outputs[0].desc;
  if (!same_shape(q, y)) return Support::no("dequantize: input and output differ in shape");
  const bool known = formats::is_ternary(q.format) || is(q, formats::kI8) || is_half(q);
  if (known && is(y, formats::kF32)) return Support::yes();
  return Support::no("dequantize " + std::string(q.format) + " to " + std::string(y.format));
}

Support supports_matmul(const Op& op) {
  if (op.inputs.size() != 2) return Support::no("matmul takes weights and activations");
  const TensorDesc& w = op.inputs[0].desc;
  const TensorDesc& x = op.inputs[1].desc;
  const TensorDesc& y = op.outputs[0].desc;
  if (w.cols() != x.cols() || y.rows() != x.rows() || y.cols() != w.rows()) {
    return Support::no("matmul: the shapes of weights, activations and output do not fit");
  }
  constexpr std::uint64_t kMostCols = std::uint64_t{1} << 22;  // 2 * 128 * cols stays in int32
  const bool ternary = formats::is_ternary(w.format) && is(x, formats::kI8) && is(y, formats::kI32);
  if (ternary && w.cols() > kMostCols) return Support::no("matmul of more than 2^22 columns");
  if (ternary) return Support::yes();
  if (formats::is_float(w.format) && is(x, w.format) && is(y, formats::kF32)) return Support::yes();
  return Support::no("matmul of " + std::string(w.format) + " and " + std::string(x.format) +
                     " to " + std::string(y.format));
}

std::unique_ptr<Operation> make_quantize(const Op& op, const KernelTable& kernels,
                                         std::size_t threads) {
  const TensorDesc& to = op.outputs[0].desc;
  if (is(to, formats::kI8)) return std::make_unique<QuantizeInt8>(op, kernels);
  if (is(to, formats::kF16)) {
    return std::make_unique<QuantizeToHalf>(op, kernels.quantize_f16, "f16_quantize");
  }
  if (is(to, formats::kBF16)) {
    return std::make_unique<QuantizeToHalf>(op, kernels.quantize_bf16, "bf16_quantize");
  }
  return make_ternary_quantize(op, kernels, threads);
}

std::unique_ptr<Operation> make_dequantize(const Op& op, const KernelTable& kernels,
                                           std::size_t threads) {
  const TensorDesc& from = op.inputs[0].desc;
  if (is(from, formats::kI8)) return std::make_unique<DequantizeInt8>(op, kernels);
  if (is(from, formats::kF16)) {
    return std::make_unique<DequantizeFromHalf>(op, kernels.dequantize_f16, "f16_dequantize");
  }
  if (is(from, formats::kBF16)) {
    return std::make_unique<DequantizeFromHalf>(op, kernels.dequantize_bf16, "bf16_dequantize");
  }
  return make_ternary_dequantize(op, kernels, threads);
}

std::unique_ptr<Operation> make_matmul(const Op& op, const KernelTable& kernels,
                                       std::size_t threads) {
  const TensorDesc& w = op.inputs[0].desc;
  if (is(w, formats::kF32)) return std::make_unique<FloatMatmul<float>>(op, kernels.matmul_f32);
  if (is(w, formats::kF16)) {
    return std::make_unique<FloatMatmul<std::uint16_t>>(op, kernels.matmul_f16);
  }
  if (is(w, formats::kBF16)) {
    return std::make_unique<FloatMatmul<std::uint16_t>>(op, kernels.matmul_bf16);
  }
  return make_ternary_matmul(op, kernels, threads);
}

Support holds(const TensorDesc& desc) {
  const std::string why = formats::why_not(desc.format, desc.rows(), desc.cols());
  return why.empty() ? Support::yes() : Support::no(why);
}

}  // namespace

Support supports(const Op& op) {
  if (op.inputs.empty() || op.outputs.size() != 1)
    return Support::no("an operation has one output");
  for (const bitgate::Operand& operand : op.inputs) {
    if (Support held = holds(operand.desc); !held.ok) return held;
  }
  if (Support held = holds(op.outputs[0].desc); !held.ok) return held;
  if (op.kind == "quantize") return supports_quantize(op);
  if (op.kind == "dequantize") return supports_dequantize(op);
  if (op.kind == "matmul") return supports_matmul(op);
  return Support::no("operation '" + std::string(op.kind) + "'");
}

std::unique_ptr<Operation> make_operation(const Op& op, const KernelTable& kernels,
                                          std::size_t threads) {
  if (op.kind == "quantize") return make_quantize(op, kernels, threads);
  if (op.kind == "dequantize") return make_dequantize(op, kernels, threads);
  return make_matmul(op, kernels, threads);
}

}  // namespace cpu_simd

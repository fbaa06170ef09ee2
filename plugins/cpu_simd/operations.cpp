#include "operations.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace cpu_simd {
namespace {

namespace formats = bitgate::formats;
using bitgate::Op;
using bitgate::Support;
using bitgate::TensorDesc;

constexpr std::size_t kChunkRows = 64;          // of a thread's share; a multiple of kGroupRows
constexpr std::size_t kChunkBytes = 64U << 10;  // of weights that a thread streams at a time

CpuTensor& tensor(const bitgate::Operand& operand) {
  return static_cast<CpuTensor&>(*operand.tensor);
}

/// Rows of a chunk of about kChunkBytes, a multiple of kGroupRows.
std::size_t streaming_rows(std::size_t row_bytes) {
  return std::max<std::size_t>(kChunkBytes / std::max<std::size_t>(row_bytes, 1) / kGroupRows, 1) *
         kGroupRows;
}

class QuantizeTernary : public Operation {
 public:
  QuantizeTernary(const Op& op, const KernelTable& kernels)
      : kernels_(kernels),
        x_(tensor(op.inputs[0])),
        q_(tensor(op.outputs[0])),
        absmean_(op.text("rounding") == "absmean"),
        partial_((x_.rows() + kChunkRows - 1) / kChunkRows) {}

  void run(ThreadTeam& team) override {
    const auto* x = x_.data<float>();
    const std::size_t cols = x_.cols();
    // One partial result a chunk, so that the sum does not depend on which thread took which.
    team.for_ranges(x_.rows(), kChunkRows, [&](std::size_t begin, std::size_t end) {
      const float* from = x + begin * cols;
      const std::size_t count = (end - begin) * cols;
      partial_[begin / kChunkRows] =
          absmean_ ? kernels_.abs_sum.run(from, count) : kernels_.abs_max.run(from, count);
    });
    const float scale = combine();
    // "Ternary" keeps |x| >= 1e-6: all that is above the float before it.
    const float threshold = absmean_ ? scale * 0.5F : std::nextafter(1e-6F, 0.0F);
    *q_.scales() = scale;
    team.for_ranges(x_.rows(), kChunkRows, [&](std::size_t begin, std::size_t end) {
      kernels_.quantize_i2_s.run(x, cols, begin, end, threshold, q_.data<std::uint8_t>());
    });
  }

  std::vector<const char*> kernels() const override {
    return {absmean_ ? kernels_.abs_sum.name : kernels_.abs_max.name, kernels_.quantize_i2_s.name};
  }

 private:
  [[nodiscard]] float combine() const {
    double sum = 0;
    double largest = 0;
    for (const double part : partial_) {
      sum += part;
      largest = std::max(largest, part);
    }
    if (!absmean_) return static_cast<float>(largest);
    const double count = static_cast<double>(x_.rows()) * static_cast<double>(x_.cols());
    return std::max(static_cast<float>(sum / count), 1e-5F);
  }

  const KernelTable& kernels_;
  CpuTensor& x_;
  CpuTensor& q_;
  bool absmean_;
  std::vector<double> partial_;
};

class QuantizeInt8 : public Operation {
 public:
  QuantizeInt8(const Op& op, const KernelTable& kernels)
      : kernel_(kernels.quantize_i8), x_(tensor(op.inputs[0])), q_(tensor(op.outputs[0])) {}

  void run(ThreadTeam& team) override {
    const std::size_t cols = x_.cols();
    team.for_ranges(x_.rows(), 1, [&](std::size_t begin, std::size_t) {
      q_.scales()[begin] =
          kernel_.run(x_.data<float>() + begin * cols, cols, q_.data<std::int8_t>() + begin * cols);
    });
  }

  std::vector<const char*> kernels() const override { return {kernel_.name}; }

 private:
  Kernel<cpu_simd::QuantizeI8> kernel_;
  CpuTensor& x_;
  CpuTensor& q_;
};

class DequantizeTernary : public Operation {
 public:
  DequantizeTernary(const Op& op, const KernelTable& kernels)
      : kernel_(kernels.dequantize_i2_s), q_(tensor(op.inputs[0])), y_(tensor(op.outputs[0])) {}

  void run(ThreadTeam& team) override {
    team.for_ranges(q_.rows(), kGroupRows, [&](std::size_t begin, std::size_t end) {
      kernel_.run(q_.data<std::uint8_t>(), q_.cols(), begin, end, *q_.scales(), y_.data<float>());
    });
  }

  std::vector<const char*> kernels() const override { return {kernel_.name}; }

 private:
  Kernel<cpu_simd::DequantizeI2S> kernel_;
  CpuTensor& q_;
  CpuTensor& y_;
};

class DequantizeInt8 : public Operation {
 public:
  DequantizeInt8(const Op& op, const KernelTable& kernels)
      : kernel_(kernels.dequantize_i8), q_(tensor(op.inputs[0])), y_(tensor(op.outputs[0])) {}

  void run(ThreadTeam& team) override {
    const std::size_t cols = q_.cols();
    team.for_ranges(q_.rows(), 1, [&](std::size_t begin, std::size_t) {
      kernel_.run(q_.data<std::int8_t>() + begin * cols, cols, q_.scales()[begin],
                  y_.data<float>() + begin * cols);
    });
  }

  std::vector<const char*> kernels() const override { return {kernel_.name}; }

 private:
  Kernel<cpu_simd::DequantizeI8> kernel_;
  CpuTensor& q_;
  CpuTensor& y_;
};

std::int32_t sum_of(const std::int8_t* values, std::size_t count) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += values[i];
  return sum;
}

/// Ternary weights times one row of int8 activations.
class TernaryGemv : public Operation {
 public:
  TernaryGemv(const Op& op, const KernelTable& kernels)
      : kernel_(kernels.gemv_i2_s),
        w_(tensor(op.inputs[0])),
        x_(tensor(op.inputs[1])),
        y_(tensor(op.outputs[0])) {}

  void run(ThreadTeam& team) override {
    const auto* x = x_.data<std::int8_t>();
    const std::int32_t x_sum = sum_of(x, x_.cols());
    team.for_ranges(w_.rows(), streaming_rows(w_.cols() / 4),
                    [&](std::size_t begin, std::size_t end) {
                      kernel_.run(w_.data<std::uint8_t>(), w_.cols(), begin, end, x, x_sum,
                                  y_.data<std::int32_t>());
                    });
  }

  std::vector<const char*> kernels() const override { return {kernel_.name}; }

 private:
  Kernel<cpu_simd::GemvI2S> kernel_;
  CpuTensor& w_;
  CpuTensor& x_;
  CpuTensor& y_;
};

/// Ternary weights times several rows of int8 activations, which are interleaved in panels first.
class TernaryGemm : public Operation {
 public:
  TernaryGemm(const Op& op, const KernelTable& kernels)
      : kernel_(kernels.gemm_i2_s),
        w_(tensor(op.inputs[0])),
        x_(tensor(op.inputs[1])),
        y_(tensor(op.outputs[0])),
        packed_(x_.rows() * x_.cols()),
        x_sums_(x_.rows()) {
    for (std::size_t first = 0; first < x_.rows();) {
      const std::size_t* width = kernels.panels;
      while (*width > x_.rows() - first) ++width;
      panels_.push_back({first, *width});
      first += *width;
    }
  }

  void run(ThreadTeam& team) override {
    team.for_ranges(panels_.size(), 1,
                    [&](std::size_t begin, std::size_t) { pack(panels_[begin]); });
    team.for_ranges(w_.rows(), kChunkRows, [&](std::size_t begin, std::size_t end) {
      // All of a chunk's rows under one panel before the next: the panel stays in the cache.
      for (const Panel& panel : panels_) {
        kernel_.run(w_.data<std::uint8_t>(), w_.cols(), begin, end, packed(panel), panel.width,
                    x_sums_.data() + panel.first, y_.data<std::int32_t>() + panel.first * w_.rows(),
                    w_.rows());
      }
    });
  }

  std::vector<const char*> kernels() const override { return {kernel_.name}; }

 private:
  struct Panel {
    std::size_t first;
    std::size_t width;
  };

  [[nodiscard]] std::int8_t* packed(const Panel& panel) const {
    return packed_.as<std::int8_t>() + panel.first * x_.cols();
  }

  void pack(const Panel& panel) {
    const std::size_t cols = x_.cols();
    std::int8_t* to = packed(panel);
    for (std::size_t c = 0; c < panel.width; ++c) {
      const std::int8_t* from = x_.data<std::int8_t>() + (panel.first + c) * cols;
      x_sums_[panel.first + c] = sum_of(from, cols);
      for (std::size_t k = 0; k < cols; k += 4) {
        std::memcpy(to + k * panel.width + 4 * c, from + k, 4);
      }
    }
  }

  Kernel<cpu_simd::GemmI2S> kernel_;
  CpuTensor& w_;
  CpuTensor& x_;
  CpuTensor& y_;
  Memory packed_;
  std::vector<std::int32_t> x_sums_;
  std::vector<Panel> panels_;
};

class FloatMatmul : public Operation {
 public:
  FloatMatmul(const Op& op, const KernelTable& kernels)
      : kernel_(kernels.matmul_f32),
        w_(tensor(op.inputs[0])),
        x_(tensor(op.inputs[1])),
        y_(tensor(op.outputs[0])) {}

  void run(ThreadTeam& team) override {
    team.for_ranges(w_.rows(), streaming_rows(w_.cols() * sizeof(float)),
                    [&](std::size_t begin, std::size_t end) {
                      kernel_.run(w_.data<float>(), x_.data<float>(), w_.cols(), begin, end,
                                  x_.rows(), y_.data<float>(), w_.rows());
                    });
  }

  std::vector<const char*> kernels() const override { return {kernel_.name}; }

 private:
  Kernel<cpu_simd::MatmulF32> kernel_;
  CpuTensor& w_;
  CpuTensor& x_;
  CpuTensor& y_;
};

bool is(const TensorDesc& desc, std::string_view format) { return desc.format == format; }

bool same_shape(const TensorDesc& a, const TensorDesc& b) {
  return a.rows() == b.rows() && a.cols() == b.cols();
}

Support holds(const TensorDesc& desc) {
  if (formats::byte_size(desc.format, desc.rows(), desc.cols())) return Support::yes();
  return Support::no(std::string(desc.format) + " can't hold " + std::to_string(desc.rows()) + "x" +
                     std::to_string(desc.cols()) +
                     (is(desc, formats::kI2S) ? ": columns must be a multiple of 128" : ""));
}

Support supports_quantize(const Op& op) {
  const TensorDesc& x = op.inputs[0].desc;
  const TensorDesc& q = op.outputs[0].desc;
  const std::string_view rounding = op.text("rounding");
  if (!is(x, formats::kF32)) return Support::no("quantize takes f32");
  if (!same_shape(x, q)) return Support::no("quantize: input and output differ in shape");
  if (is(q, formats::kI8) && rounding == "absmax") return Support::yes();
  if (is(q, formats::kI2S) && (rounding == "ternary" || rounding == "absmean")) {
    return Support::yes();
  }
  return Support::no("quantize to " + std::string(q.format) + " with rounding '" +
                     std::string(rounding) + "'");
}

Support supports_dequantize(const Op& op) {
  const TensorDesc& q = op.inputs[0].desc;
  const TensorDesc& y = op.outputs[0].desc;
  if (!same_shape(q, y)) return Support::no("dequantize: input and output differ in shape");
  const bool known = is(q, formats::kI2S) || is(q, formats::kI8);
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
  const bool ternary = is(w, formats::kI2S) && is(x, formats::kI8) && is(y, formats::kI32);
  if (ternary && w.cols() > kMostCols) return Support::no("matmul of more than 2^22 columns");
  if (ternary) return Support::yes();
  if (is(w, formats::kF32) && is(x, formats::kF32) && is(y, formats::kF32)) return Support::yes();
  return Support::no("matmul of " + std::string(w.format) + " and " + std::string(x.format) +
                     " to " + std::string(y.format));
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

std::unique_ptr<Operation> make_operation(const Op& op, const KernelTable& kernels) {
  const TensorDesc& first = op.inputs[0].desc;
  if (op.kind == "quantize") {
    if (is(op.outputs[0].desc, formats::kI8)) return std::make_unique<QuantizeInt8>(op, kernels);
    return std::make_unique<QuantizeTernary>(op, kernels);
  }
  if (op.kind == "dequantize") {
    if (is(first, formats::kI8)) return std::make_unique<DequantizeInt8>(op, kernels);
    return std::make_unique<DequantizeTernary>(op, kernels);
  }
  if (is(first, formats::kF32)) return std::make_unique<FloatMatmul>(op, kernels);
  if (op.inputs[1].desc.rows() == 1) return std::make_unique<TernaryGemv>(op, kernels);
  return std::make_unique<TernaryGemm>(op, kernels);
}

}  // namespace cpu_simd

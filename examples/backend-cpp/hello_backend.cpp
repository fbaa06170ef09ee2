// A complete backend: f32 matrix products on one thread of the CPU.
#include <bitgate/backend.hpp>

#include <cstring>
#include <vector>

namespace {

using namespace bitgate;

struct HostTensor : Tensor {
  std::vector<float> values;
};

struct MatmulProgram : Program {
  const HostTensor* w = nullptr;
  const HostTensor* x = nullptr;
  HostTensor* y = nullptr;
  std::uint64_t cols = 0;
  std::vector<Kernel> counts{{"hello/f32_matmul", 0}};

  std::span<const Kernel> kernels() const override { return counts; }
};

class HelloSession : public Session {
 public:
  Support supports(const Op& op) const override {
    if (op.kind != "matmul") return Support::no("only matmul");
    for (const Operand& input : op.inputs) {
      if (input.desc.format != formats::kF32) return Support::no("only f32");
    }
    return Support::yes();
  }

  TensorPtr create(const TensorDesc& desc) override {
    auto tensor = std::make_unique<HostTensor>();
    tensor->values.resize(desc.rows() * desc.cols());
    return tensor;
  }

  void write(Tensor& tensor, ConstBytes bytes) override {
    std::memcpy(static_cast<HostTensor&>(tensor).values.data(), bytes.data(), bytes.size());
  }

  void read(const Tensor& tensor, Bytes bytes) override {
    std::memcpy(bytes.data(), static_cast<const HostTensor&>(tensor).values.data(), bytes.size());
  }

  ProgramPtr prepare(std::span<const Op> ops) override {
    auto program = std::make_unique<MatmulProgram>();
    program->w = static_cast<HostTensor*>(ops[0].inputs[0].tensor);
    program->x = static_cast<HostTensor*>(ops[0].inputs[1].tensor);
    program->y = static_cast<HostTensor*>(ops[0].outputs[0].tensor);
    program->cols = ops[0].inputs[0].desc.cols();
    return program;
  }

  void run(Program& program, std::uint32_t repeat, const RunArgs&) override {
    auto& matmul = static_cast<MatmulProgram&>(program);
    for (std::uint32_t i = 0; i < repeat; ++i) {
      multiply(matmul);
      ++matmul.counts[0].calls;  // counted where the kernel is started
    }
  }

 private:
  /// y[b][m] = sum over k of w[m][k] * x[b][k]
  static void multiply(MatmulProgram& p) {
    const std::size_t rows = p.w->values.size() / p.cols;
    const std::size_t batch = p.x->values.size() / p.cols;
    for (std::size_t b = 0; b < batch; ++b) {
      for (std::size_t m = 0; m < rows; ++m) {
        float sum = 0;
        for (std::size_t k = 0; k < p.cols; ++k) {
          sum += p.w->values[m * p.cols + k] * p.x->values[b * p.cols + k];
        }
        p.y->values[b * rows + m] = sum;
      }
    }
  }
};

class HelloBackend : public Backend {
 public:
  static constexpr std::string_view kDescription = R"({"title": "Hello", "options": {}})";

  HelloBackend(Host, std::string_view /*options*/) {}
  std::span<const Device> devices() const override { return devices_; }
  SessionPtr open(const Device&, const SessionOptions&) override {
    return std::make_unique<HelloSession>();
  }

 private:
  std::vector<Device> devices_{{"hello/cpu", "one thread of plain C++"}};
};

}  // namespace

BITGATE_BACKEND(hello_backend, "com.example.hello", "1.0.0", HelloBackend)

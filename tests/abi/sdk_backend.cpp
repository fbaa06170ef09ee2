// A backend over the SDK that leans on the C++ runtime - strings, containers, exceptions - so that
// a build with another runtime would break if any of it crossed the boundary.
#include <bitgate/backend.hpp>

#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace bitgate;

struct Matrix : Tensor {
  std::vector<float> values;
};

struct Product : Program {
  std::vector<Matrix*> operands;
  std::uint64_t cols = 0;
  std::vector<Kernel> counts;

  std::span<const Kernel> kernels() const override { return counts; }
};

Matrix& matrix(const Operand& operand) { return dynamic_cast<Matrix&>(*operand.tensor); }

class RuntimeSession : public Session {
 public:
  explicit RuntimeSession(bool throws) : throws_(throws) {}

  Support supports(const Op& op) const override {
    const bool known = op.kind == "matmul" && op.inputs.at(0).desc.format == formats::kF32;
    return known ? Support::yes() : Support::no("no " + std::string(op.kind) + " but f32 matmul");
  }

  TensorPtr create(const TensorDesc& desc) override {
    auto made = std::make_unique<Matrix>();
    made->values.resize(desc.rows() * desc.cols());
    return made;
  }

  void write(Tensor& tensor, ConstBytes bytes) override {
    std::memcpy(dynamic_cast<Matrix&>(tensor).values.data(), bytes.data(), bytes.size());
  }

  void read(const Tensor& tensor, Bytes bytes) override {
    std::memcpy(bytes.data(), dynamic_cast<const Matrix&>(tensor).values.data(), bytes.size());
  }

  ProgramPtr prepare(std::span<const Op> ops) override {
    const std::map<std::string, int> nothing;
    if (throws_) static_cast<void>(nothing.at("this plugin throws std::out_of_range in prepare"));
    auto program = std::make_unique<Product>();
    const Op& op = ops[0];
    program->operands = {&matrix(op.inputs[0]), &matrix(op.inputs[1]), &matrix(op.outputs[0])};
    program->cols = op.inputs[0].desc.cols();
    program->counts.push_back({"runtime/a_name_too_long_for_small_strings", 0});
    return program;
  }

  void run(Program& what, std::uint32_t repeat, const RunArgs&) override {
    auto& program = dynamic_cast<Product&>(what);
    for (std::uint32_t i = 0; i < repeat; ++i) {
      multiply(program);
      ++program.counts[0].calls;
    }
  }

 private:
  static void multiply(Product& program) {
    const std::vector<float>& w = program.operands[0]->values;
    const std::vector<float>& x = program.operands[1]->values;
    std::vector<float>& y = program.operands[2]->values;
    const std::size_t rows = w.size() / program.cols;
    for (std::size_t i = 0; i < y.size(); ++i) {
      float sum = 0;
      for (std::size_t k = 0; k < program.cols; ++k) {
        sum += w[i % rows * program.cols + k] * x[i / rows * program.cols + k];
      }
      y[i] = sum;
    }
  }

  bool throws_;
};

class RuntimeBackend : public Backend {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "C++ runtime", "options": {"type": "object", "additionalProperties": false}})";

  RuntimeBackend(Host, std::string_view /*options*/) {}

  std::span<const Device> devices() const override { return devices_; }
  SessionPtr open(const Device& device, const SessionOptions&) override {
    return std::make_unique<RuntimeSession>(device.id == "runtime/throws");
  }

 private:
  std::vector<Device> devices_{{"runtime/cpu", "plain loops over std::vector"},
                               {"runtime/throws", "throws where it prepares"}};
};

}  // namespace

BITGATE_BACKEND(runtime, "test.runtime", "1.0.0", RuntimeBackend)

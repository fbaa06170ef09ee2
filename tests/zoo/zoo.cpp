// A backend whose devices misbehave, each in its own way, to prove what the host makes of it.
// Everything but the fault is right: the arithmetic is the oracle's.
#include <bitgate/backend.hpp>

#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>

#include "oracle/codec.hpp"
#include "oracle/matmul.hpp"

namespace {

using bitgate::Bytes;
using bitgate::ConstBytes;
using bitgate::Device;
using bitgate::Op;
using bitgate::RunArgs;
using bitgate::Support;
using bitgate::Tensor;
using bitgate::TensorDesc;
using bitgate::TensorPtr;
using bitgate::ProgramPtr;
namespace formats = bitgate::formats;
namespace oracle = bitgate::oracle;

const std::array<Device, 14> kDevices = {{
    {"zoo/correct", "right, and slow", 2},
    {"zoo/fast-wrong", "fast, with one wrong weight", 2},
    {"zoo/remembers", "gives its first answer again and again", 2},
    {"zoo/idle", "does nothing in run", 2},
    {"zoo/segfault", "segfaults in run", 2},
    {"zoo/hang", "never returns from run", 2},
    {"zoo/exit", "exits with status 0 in run", 2},
    {"zoo/throw", "throws in run", 2},
    {"zoo/throw-in-prepare", "throws in prepare", 2},
    {"zoo/memory", "allocates without end in run", 2},
    {"zoo/chatter", "writes to stdout without end in run", 2},
    {"zoo/unsupported", "supports nothing", 2},
    {"zoo/unavailable", "can't be opened", 2},
    {"zoo/miscount", "claims kernels that it did not run", 2},
}};

class ZooTensor : public Tensor {
 public:
  ZooTensor(const TensorDesc& desc, std::uint64_t size)
      : format(desc.format), rows(desc.rows()), cols(desc.cols()), bytes(size) {}

  std::string format;
  std::uint64_t rows;
  std::uint64_t cols;
  std::vector<std::byte> bytes;
};

ZooTensor& zoo(const bitgate::Operand& operand) { return dynamic_cast<ZooTensor&>(*operand.tensor); }

struct Bound {
  std::string kind;
  std::string rounding;
  std::vector<ZooTensor*> inputs;
  ZooTensor* output;
};

class ZooProgram : public bitgate::Program {
 public:
  std::span<const bitgate::Kernel> kernels() const override { return kernels_; }

  std::vector<Bound> ops;
  std::vector<bitgate::Kernel> kernels_;
  bool answered = false;
};

template <class T>
std::vector<T> values(const ZooTensor& tensor) {
  std::vector<T> out(tensor.bytes.size() / sizeof(T));
  std::memcpy(out.data(), tensor.bytes.data(), out.size() * sizeof(T));
  return out;
}

template <class T>
void store(ZooTensor& tensor, const std::vector<T>& from) {
  std::memcpy(tensor.bytes.data(), from.data(), from.size() * sizeof(T));
}

void quantize(const Bound& op) {
  const ZooTensor& x = *op.inputs[0];
  const auto rounding =
      op.rounding == "ternary" ? oracle::Rounding::kTernary : oracle::Rounding::kAbsmean;
  store(*op.output,
        oracle::encode_i2_s(oracle::quantize_ternary(values<float>(x), x.rows, x.cols, rounding)));
}

void matmul(const Bound& op, bool one_wrong) {
  const ZooTensor& w = *op.inputs[0];
  const ZooTensor& x = *op.inputs[1];
  oracle::Ternary weights = oracle::decode_i2_s(w.bytes, w.rows, w.cols);
  if (one_wrong) {
    std::int8_t& code = weights.codes[weights.codes.size() / 2];
    code = static_cast<std::int8_t>(code == 0 ? 1 : 0);
  }
  const oracle::Int8 activations = oracle::decode_i8(x.bytes, x.rows, x.cols);
  store(*op.output, oracle::matmul_i8(weights.codes, activations.codes, w.rows, w.cols, x.rows));
}

[[noreturn]] void eat_memory() {
  std::vector<std::vector<char>> kept;
  while (true) kept.emplace_back(std::size_t{16} << 20, 'x');
}

[[noreturn]] void chatter() {
  while (true) {
    std::puts("still talking");
    std::fflush(stdout);
  }
}

class ZooSession : public bitgate::Session {
 public:
  explicit ZooSession(std::string device) : device_(std::move(device)) {}

  Support supports(const Op& op) const override {
    if (device_ == "zoo/unsupported") return Support::no("the zoo keeps this one idle");
    const TensorDesc& first = op.inputs[0].desc;
    const TensorDesc& out = op.outputs[0].desc;
    const bool fits = op.kind == "quantize"
                          ? out.rows() == first.rows() && out.cols() == first.cols()
                          : op.inputs.size() == 2 && op.inputs[1].desc.cols() == first.cols() &&
                                out.rows() == op.inputs[1].desc.rows() && out.cols() == first.rows();
    if (op.kind == "quantize" && out.format == formats::kI2S && fits) return Support::yes();
    if (op.kind == "matmul" && first.format == formats::kI2S && fits) return Support::yes();
    return Support::no("the zoo only knows i2_s, and shapes that fit");
  }

  TensorPtr create(const TensorDesc& desc) override {
    const auto size = formats::byte_size(desc.format, desc.rows(), desc.cols());
    if (!size) throw bitgate::Error(BG_INVALID_ARGUMENT, "the zoo has no such tensor");
    return std::make_unique<ZooTensor>(desc, *size);
  }

  void write(Tensor& tensor, ConstBytes bytes) override {
    auto& to = dynamic_cast<ZooTensor&>(tensor);
    try {
      if (to.format == formats::kI2S) static_cast<void>(oracle::decode_i2_s(bytes, to.rows, to.cols));
    } catch (const std::invalid_argument& error) {
      throw bitgate::Error(BG_INVALID_ARGUMENT, error.what());
    }
    to.bytes.assign(bytes.begin(), bytes.end());
  }

  void read(const Tensor& tensor, Bytes bytes) override {
    const auto& from = dynamic_cast<const ZooTensor&>(tensor);
    std::copy(from.bytes.begin(), from.bytes.end(), bytes.begin());
  }

  ProgramPtr prepare(std::span<const Op> ops) override {
    if (device_ == "zoo/throw-in-prepare") throw std::runtime_error("the zoo throws in prepare");
    auto program = std::make_unique<ZooProgram>();
    for (const Op& op : ops) {
      Bound bound{std::string(op.kind), std::string(op.text("rounding")), {}, &zoo(op.outputs[0])};
      for (const bitgate::Operand& input : op.inputs) bound.inputs.push_back(&zoo(input));
      program->ops.push_back(bound);
      program->kernels_.push_back({"zoo/" + bound.kind, 0});
    }
    return program;
  }

  void run(bitgate::Program& program, std::uint32_t repeat, const RunArgs&) override {
    auto& mine = dynamic_cast<ZooProgram&>(program);
    for (std::uint32_t i = 0; i < repeat; ++i) {
      for (std::size_t op = 0; op < mine.ops.size(); ++op) run_op(mine, op);
    }
  }

 private:
  void run_op(ZooProgram& program, std::size_t index) {
    const Bound& op = program.ops[index];
    if (device_ != "zoo/miscount") ++program.kernels_[index].calls;
    if (op.kind == "quantize") return quantize(op);
    if (device_ == "zoo/segfault") std::raise(SIGSEGV);
    if (device_ == "zoo/hang") std::this_thread::sleep_for(std::chrono::hours(1));
    if (device_ == "zoo/exit") std::_Exit(0);
    if (device_ == "zoo/throw") throw std::runtime_error("the zoo throws in run");
    if (device_ == "zoo/memory") eat_memory();
    if (device_ == "zoo/chatter") chatter();
    if (device_ == "zoo/idle") return;
    if (device_ == "zoo/remembers" && program.answered) return;
    if (device_ == "zoo/correct") std::this_thread::sleep_for(std::chrono::milliseconds(2));
    matmul(op, device_ == "zoo/fast-wrong");
    program.answered = true;
  }

  std::string device_;
};

class Zoo : public bitgate::Backend {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "faulty devices", "options": {"type": "object", "additionalProperties": false}})";

  Zoo(bitgate::Host host, std::string_view) : host_(host) {}

  std::span<const Device> devices() const override { return kDevices; }

  bitgate::SessionPtr open(const Device& device, const bitgate::SessionOptions&) override {
    if (device.id == "zoo/unavailable") {
      throw bitgate::Error(BG_UNAVAILABLE, "the zoo has no such animal");
    }
    host_.log(BG_LOG_INFO, "opened " + device.id);
    return std::make_unique<ZooSession>(device.id);
  }

 private:
  bitgate::Host host_;
};

}  // namespace

BITGATE_BACKEND(zoo, "test.zoo", "1.0.0", Zoo)

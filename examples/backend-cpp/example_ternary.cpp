// A complete backend for ternary weights: one thread of the CPU, plain C++.
#include <bitgate/host_session.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace {

using namespace bitgate;

// i2_s, see <bitgate/formats.hpp>: each block of 128 weights is 32 bytes; a byte holds weights p,
// p+32, p+64 and p+96 of its block from the high bits down, as code = weight + 1. The scale follows
// the codes.
std::size_t place(std::size_t i) { return i / 128 * 32 + i % 32; }
unsigned shift(std::size_t i) { return static_cast<unsigned>(6 - i % 128 / 32 * 2); }

void quantize(HostTensor& x, HostTensor& w, bool absmean) {
  const std::span<const float> values(x.data<float>(), x.rows() * x.cols());
  double sum = 0;
  double largest = 0;
  for (const double value : values) {
    sum += std::abs(value);
    largest = std::max(largest, std::abs(value));
  }
  const double mean = std::max(sum / static_cast<double>(values.size()), 1e-5);
  const auto scale = static_cast<float>(absmean ? mean : largest);
  std::fill(w.bytes().begin(), w.bytes().end(), std::byte{0});
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float size = std::abs(values[i]);
    const bool zero = absmean ? size <= scale * 0.5F : size < 1e-6F;
    const unsigned code = zero ? 1 : values[i] < 0 ? 0 : 2;
    w.bytes()[place(i)] |= static_cast<std::byte>(code << shift(i));
  }
  *w.data<float>(values.size() / 4) = scale;
}

// y[b][m] = sum over k of w[m][k] * x[b][k], exact in int32
void matmul(HostTensor& w, HostTensor& x, HostTensor& y) {
  for (std::size_t b = 0; b < x.rows(); ++b) {
    for (std::size_t m = 0; m < w.rows(); ++m) {
      const auto* packed = w.data<std::uint8_t>(m * w.cols() / 4);
      const auto* values = x.data<std::int8_t>(b * x.cols());
      std::int32_t total = 0;
      for (std::size_t block = 0; block < w.cols(); block += 128, packed += 32) {
        for (unsigned group = 0; group < 4; ++group, values += 32) {
          for (std::size_t p = 0; p < 32; ++p) {
            total += ((packed[p] >> (6 - 2 * group) & 3) - 1) * values[p];
          }
        }
      }
      y.data<std::int32_t>()[b * w.rows() + m] = total;
    }
  }
}

class TernarySession : public HostSession {
 public:
  Support supports(const Op& op) const override {
    std::string what(op.kind);
    for (const Operand& input : op.inputs) what.append(" ").append(input.desc.format);
    for (const Operand& output : op.outputs) what.append(" to ").append(output.desc.format);
    const auto shape = [](const Operand& o) { return std::array{o.desc.rows(), o.desc.cols()}; };
    if (what == "quantize f32 to i2_s") {
      const std::string_view how = op.text("rounding");
      if (how != "ternary" && how != "absmean") return Support::no("rounding " + std::string(how));
      if (shape(op.inputs[0]) != shape(op.outputs[0])) return Support::no("different shapes");
    } else if (what == "matmul i2_s i8 to i32") {
      const auto [rows, cols] = shape(op.inputs[0]);
      const auto [batch, length] = shape(op.inputs[1]);
      const bool fit = length == cols && shape(op.outputs[0]) == std::array{batch, rows};
      if (!fit) return Support::no("the shapes of weights, activations and output do not fit");
      if (cols > 1 << 24) return Support::no("sums of more than 2^24 values in int32");
    } else {
      return Support::no("no kernel for " + what);
    }
    return storable(op);
  }

  ProgramPtr prepare(std::span<const Op> ops) override {
    auto program = std::make_unique<HostProgram>();
    for (const Op& op : ops) {
      HostTensor& in = tensor(op.inputs[0]);
      HostTensor& out = tensor(op.outputs[0]);
      if (op.kind == "quantize") {
        const bool absmean = op.text("rounding") == "absmean";
        program->add("plain/quantize_i2_s", [&in, &out, absmean] { quantize(in, out, absmean); });
      } else {
        HostTensor& x = tensor(op.inputs[1]);
        program->add("plain/matmul_i2_s", [&in, &x, &out] { matmul(in, x, out); });
      }
    }
    return program;
  }
};

class TernaryBackend : public Backend {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "Ternary weights", "options": {"type": "object", "additionalProperties": false}})";

  TernaryBackend(Host, std::string_view /*options*/) {}
  std::span<const Device> devices() const override { return devices_; }
  SessionPtr open(const Device&, const SessionOptions&) override {
    return std::make_unique<TernarySession>();
  }

 private:
  std::vector<Device> devices_{{"cpu/plain", "one thread of plain C++"}};
};

}  // namespace

BITGATE_BACKEND(example_ternary, BITGATE_PLUGIN_ID, BITGATE_PLUGIN_VERSION, TernaryBackend)

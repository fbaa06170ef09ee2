#include "machine.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <stdexcept>

namespace {

std::uint64_t round_up(std::uint64_t value, std::uint64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace

std::vector<const cpu_simd::Implementation*> usable() {
  std::vector<const cpu_simd::Implementation*> found;
  for (const cpu_simd::Implementation& implementation : cpu_simd::implementations()) {
    if (implementation.obstacle().empty()) found.push_back(&implementation);
  }
  return found;
}

TestTensor::TestTensor(const cpu_simd::Implementation& on, std::string format, std::uint64_t rows,
                       std::uint64_t cols)
    : format_(std::move(format)),
      desc_{format_, 2, {rows, cols}},
      tensor_(std::make_unique<cpu_simd::CpuTensor>(desc_, on.kernels)) {}

void TestTensor::write(const Bytes& bytes, std::size_t threads) {
  if (bytes.size() != bitgate::formats::byte_size(format_, desc_.rows(), desc_.cols())) {
    throw std::logic_error("wrong size");
  }
  cpu_simd::ThreadTeam team(threads);
  tensor_->write(bytes, team);
}

Bytes TestTensor::read() const {
  Bytes bytes(*bitgate::formats::byte_size(format_, desc_.rows(), desc_.cols()), std::byte{0xA5});
  tensor_->read(bytes);
  return bytes;
}

bitgate::Operand TestTensor::operand() const { return {desc_, tensor_.get()}; }

std::vector<std::string> run(const cpu_simd::Implementation& on, std::string_view kind,
                             const std::vector<const TestTensor*>& inputs,
                             const std::vector<const TestTensor*>& outputs,
                             const std::vector<bg_attribute>& attributes, std::size_t threads) {
  bitgate::Op op{kind, {}, {}, attributes};
  for (const TestTensor* input : inputs) op.inputs.push_back(input->operand());
  for (const TestTensor* output : outputs) op.outputs.push_back(output->operand());
  if (const bitgate::Support support = cpu_simd::supports(op); !support.ok) {
    throw std::logic_error(support.reason);
  }
  const auto operation = cpu_simd::make_operation(op, on.kernels);
  cpu_simd::ThreadTeam team(threads);
  team.reserve(operation->scratch(), operation->shared());
  operation->run(team);
  return operation->kernels();
}

std::vector<std::string> run(const cpu_simd::Implementation& on, std::string_view kind,
                             const std::vector<const TestTensor*>& inputs, const TestTensor& output,
                             std::string_view rounding, std::size_t threads) {
  std::vector<bg_attribute> attributes;
  if (!rounding.empty()) {
    attributes.push_back({{"rounding", 8}, 0, 0, {rounding.data(), rounding.size()}});
  }
  return run(on, kind, inputs, {&output}, attributes, threads);
}

bg_attribute integer(std::string_view name, std::int64_t value) {
  return {{name.data(), name.size()}, value, 0, {}};
}

bg_attribute real(std::string_view name, double value) {
  return {{name.data(), name.size()}, 0, value, {}};
}

bitgate::oracle::Ternary position_coded(std::uint64_t rows, std::uint64_t cols) {
  bitgate::oracle::Ternary weights{rows, cols, std::vector<std::int8_t>(rows * cols), 0.5F};
  for (std::uint64_t row = 0; row < rows; ++row) {
    for (std::uint64_t col = 0; col < cols; ++col) {
      const std::uint64_t mixed = (row * 40503 + col + 1) * 2654435761U >> 7;
      weights.codes[row * cols + col] = static_cast<std::int8_t>(mixed % 3) - 1;
    }
  }
  return weights;
}

Shape fitted(std::string_view format, std::uint64_t rows, std::uint64_t cols) {
  const bitgate::formats::Multiples must = bitgate::formats::multiples(format);
  return {round_up(rows, must.rows), round_up(cols, must.cols)};
}

// Operations that follow each other in a program: what is run a few rows at a time through several
// of them is what each would have computed by itself.
#include "program.hpp"

#include <list>

#include "support/catch.hpp"

#include "agreement.hpp"

using cpu_simd::Implementation;

namespace {

/// Operations on named tensors, ready to be prepared together or one by one.
struct Chain {
  const Implementation& on;
  std::vector<bitgate::Op> ops = {};
  std::list<std::vector<bg_attribute>> attributes_of = {};  // ops refer to them

  void add(std::string_view kind, const std::vector<const TestTensor*>& inputs,
           const TestTensor& output, const std::vector<bg_attribute>& attributes = {}) {
    bitgate::Op op{kind, {}, {output.operand()}, attributes_of.emplace_back(attributes)};
    for (const TestTensor* input : inputs) op.inputs.push_back(input->operand());
    REQUIRE(cpu_simd::supports(op).ok);
    ops.push_back(op);
  }

  void run(std::size_t threads, bool together) const {
    cpu_simd::ThreadTeam team(threads);
    const std::size_t step = together ? ops.size() : 1;
    for (std::size_t i = 0; i < ops.size(); i += step) {
      cpu_simd::CpuProgram program{std::span(ops).subspan(i, step), on.kernels, team};
      program.run(team);
      for (const bitgate::Kernel& kernel : program.kernels()) CHECK(kernel.calls == 1);
    }
  }
};

bg_attribute absmax() {
  static constexpr std::string_view kName = "rounding";
  static constexpr std::string_view kValue = "absmax";
  return {{kName.data(), kName.size()}, 0, 0, {kValue.data(), kValue.size()}};
}

TestTensor tensor(const Implementation& on, const char* format, Shape shape) {
  return {on, format, shape.rows, shape.cols};
}

}  // namespace

TEST_CASE("operations row by row in a program give the bits that each gives by itself",
          "[floats]") {
  // More rows than are taken at a time, and fewer.
  for (const Shape shape : {Shape{1, 640}, Shape{3, 96}, Shape{67, 6912}, Shape{300, 256}}) {
    CAPTURE(shape.rows, shape.cols);
    const std::vector<float> x = some_values(shape.rows * shape.cols, 1);
    const std::vector<float> y = some_values(shape.rows * shape.cols, 2);
    for (const Implementation* on : usable()) {
      for (const std::size_t threads : {1, 2, 3}) {
        CAPTURE(on->name, threads);
        std::vector<Bytes> results;
        for (const bool together : {false, true}) {
          TestTensor a = tensor(*on, "f32", shape);
          TestTensor b = tensor(*on, "f32", shape);
          TestTensor weight = tensor(*on, "f32", {1, shape.cols});
          const TestTensor codes = tensor(*on, "i8", shape);
          const TestTensor back = tensor(*on, "f32", shape);
          a.write(bytes_of(x));
          b.write(bytes_of(y));
          weight.write(bytes_of(some_values(shape.cols, 3)));
          Chain chain{*on};
          chain.add("add", {&a, &b}, a);
          chain.add("relu2_gate", {&a, &b}, a);
          chain.add("rms_norm", {&a, &weight}, b, {real("epsilon", 1e-5)});
          chain.add("quantize", {&b}, codes, {absmax()});
          chain.add("dequantize", {&codes}, back);
          chain.run(threads, together);
          Bytes all;
          for (const TestTensor* one : std::vector<const TestTensor*>{&a, &b, &codes, &back}) {
            const Bytes bytes = one->read();
            all.insert(all.end(), bytes.begin(), bytes.end());
          }
          results.push_back(std::move(all));
        }
        REQUIRE(results[0] == results[1]);
      }
    }
  }
}

TEST_CASE("a position that is out of range is found before any row is written") {
  const Implementation& on = *usable().front();
  const Shape shape{40, 64};
  const std::vector<float> x = some_values(shape.rows * shape.cols, 1);
  TestTensor a = tensor(on, "f32", shape);
  TestTensor positions = tensor(on, "i32", {shape.rows, 1});
  a.write(bytes_of(x));
  std::vector<std::int32_t> at(shape.rows, 0);
  at.back() = 16;
  positions.write(bytes_of(at));
  Chain chain{on};
  chain.add("add", {&a, &a}, a);
  chain.add("rope", {&a, &positions}, a,
            {integer("heads", 1), real("base", 10000), integer("context", 16)});
  CHECK_THROWS_WITH(chain.run(2, true), "rope: position 16 in row 39 is not in 0 ... 15");
  CHECK(a.read() == bytes_of(x));
}

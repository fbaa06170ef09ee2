// What the backend says to operations that it does not have.
#include <map>

#include "machine.hpp"
#include "support/catch.hpp"

using bitgate::Op;
using bitgate::TensorDesc;

namespace {

TensorDesc of(std::string_view format, std::uint64_t rows, std::uint64_t cols) {
  return {format, 2, {rows, cols}};
}

std::string refusal(std::string_view kind, const std::vector<TensorDesc>& inputs,
                    const std::vector<TensorDesc>& outputs,
                    const std::vector<bg_attribute>& attributes = {}) {
  Op op{kind, {}, {}, attributes};
  for (const TensorDesc& desc : inputs) op.inputs.push_back({desc});
  for (const TensorDesc& desc : outputs) op.outputs.push_back({desc});
  return cpu_simd::supports(op).reason;
}

const TensorDesc kRow = of("f32", 1, 8);
const TensorDesc kRows = of("f32", 3, 8);
const TensorDesc kList = of("i32", 3, 1);
const TensorDesc kCache = of("f16", 5, 4);
const TensorDesc kKeys = of("f32", 3, 4);

std::string attention(const std::vector<TensorDesc>& inputs, const std::vector<TensorDesc>& outputs,
                      std::int64_t heads = 4, std::int64_t kv_heads = 2) {
  return refusal("attention", inputs, outputs,
                 {integer("heads", heads), integer("kv_heads", kv_heads)});
}

}  // namespace

TEST_CASE("operations of a transformer are supported as they are defined") {
  CHECK(refusal("embed", {of("bf16", 9, 8), kList}, {kRows}).empty());
  CHECK(refusal("rms_norm", {kRows, kRow}, {kRows}, {real("epsilon", 1e-5)}).empty());
  CHECK(refusal("rope", {kRows, kList}, {kRows},
                {integer("heads", 2), real("base", 10000), integer("context", 64)})
            .empty());
  CHECK(attention({kRows, kKeys, kKeys, kList}, {kRows, kCache, kCache}).empty());
  CHECK(refusal("relu2_gate", {kRows, kRows}, {kRows}).empty());
  CHECK(refusal("add", {kRows, kRows}, {kRows}).empty());
  CHECK(refusal("argmax", {kRows}, {kList}).empty());
  CHECK(refusal("matmul", {of("f16", 5, 8), kRows}, {of("f32", 3, 5)}).empty());
  CHECK(refusal("matmul", {of("t8", 5, 8), of("i8", 3, 8)}, {of("f32", 3, 5)}).empty());
}

TEST_CASE("attributes must be there, and no others") {
  CHECK(refusal("rms_norm", {kRows, kRow}, {kRows}) == "rms_norm without the attribute 'epsilon'");
  CHECK(refusal("add", {kRows, kRows}, {kRows}, {real("scale", 2)}) ==
        "add with an attribute 'scale'");
  CHECK(refusal("rms_norm", {kRows, kRow}, {kRows}, {real("epsilon", 1), integer("axis", 0)}) ==
        "rms_norm with an attribute 'axis'");
  CHECK(refusal("matmul", {of("t8", 5, 8), of("i8", 3, 8)}, {of("i32", 3, 5)},
                {integer("transpose", 1)}) == "matmul with an attribute 'transpose'");
}

TEST_CASE("numbers of operands and their shapes and formats must fit") {
  CHECK(refusal("add", {kRows}, {kRows}) == "add has 2 inputs and 1 outputs");
  CHECK(refusal("add", {kRows, kRow}, {kRows}) == "add: inputs and output differ in shape");
  CHECK(refusal("add", {kRows, of("f16", 3, 8)}, {kRows}) == "add takes f32 to f32");
  CHECK(refusal("argmax", {kRows}, {of("i32", 1, 3)}) ==
        "argmax: the output must be i32, one a row");
  CHECK(refusal("embed", {of("t8", 9, 8), kList}, {kRows}) ==
        "embed takes a table of f32, f16 or bf16 to f32");
  CHECK(refusal("embed", {of("f32", 9, 8), of("i32", 2, 1)}, {kRows}) ==
        "embed: the shapes of table, ids (i32, one a row) and output do not fit");
  CHECK(refusal("rms_norm", {kRows, kRows}, {kRows}, {real("epsilon", 0)}) ==
        "rms_norm: the shapes of input, weight (one row) and output do not fit");
  CHECK(refusal("rms_norm", {kRows, kRow}, {kRows}, {real("epsilon", -1)}) ==
        "rms_norm: epsilon must not be negative");
}

TEST_CASE("heads must fit") {
  const auto rope = [](std::int64_t heads, double base, std::int64_t context) {
    return refusal("rope", {kRows, kList}, {kRows},
                   {integer("heads", heads), real("base", base), integer("context", context)});
  };
  CHECK(rope(8, 10000, 4) == "rope: 8 columns are no 8 heads of an even size");
  CHECK(rope(0, 10000, 4) == "rope: 8 columns are no 0 heads of an even size");
  CHECK(rope(2, 0, 4) == "rope: the base must be 1 to 1e30");
  CHECK(rope(2, 10000, 0) == "rope: the context must be 1 to 2^22");

  CHECK(attention({kRows, kKeys, kKeys, kList}, {kRows, kCache, kCache}, 4, 3) ==
        "attention: 3 heads of keys and values for 4 heads of queries");
  CHECK(attention({kRows, kKeys, kKeys, kList}, {kRows, kCache, of("f32", 5, 4)}) ==
        "attention: keys and values of the cache must both be f32 or both f16");
  const std::string shapes =
      "attention: the shapes of queries, keys, values, positions (i32, one a row), output and "
      "cache "
      "do not fit";
  CHECK(attention({kRows, kKeys, kKeys, kList}, {kRows, kCache, kCache}, 8, 2) == shapes);
  CHECK(attention({kRows, kKeys, kKeys, kList}, {kRows, of("f16", 2, 4), of("f16", 2, 4)}) ==
        shapes);
}

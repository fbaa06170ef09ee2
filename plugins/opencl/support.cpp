#include <algorithm>

#include "common/op_rules.hpp"
#include "operations.hpp"

namespace opencl {
namespace {

using bitgate::Op;
using bitgate::Support;
using bitgate::TensorDesc;

Support holds(const TensorDesc& desc) {
  constexpr std::uint64_t kMost = (std::uint64_t{1} << 31) - 1;  // what kernels count in
  if (desc.rank > 2) return Support::no("tensors of more than two dimensions");
  if (desc.rows() > kMost || desc.cols() > kMost) {
    return Support::no("more than 2^31 rows or columns");
  }
  return Support::yes();
}

}  // namespace

Support supports(const Op& op, const Engine& engine) {
  if (Support ruled = op_rules::supports(op); !ruled.ok) return ruled;
  for (const auto* operands : {&op.inputs, &op.outputs}) {
    for (const bitgate::Operand& operand : *operands) {
      if (Support held = holds(operand.desc); !held.ok) return held;
    }
  }
  if (op.kind != "quantize") return Support::yes();
  const std::string_view rounding = op.text("rounding");
  if (rounding == "absmax" && !engine.divides_exactly()) {
    return Support::no("quantize to i8: quotients of this device are not the nearest floats");
  }
  if (rounding == "absmean" && !engine.has_double()) {
    return Support::no("absmean takes sums in double, which this device does not have");
  }
  return Support::yes();
}

}  // namespace opencl

#include "common/op_rules.hpp"

#include <algorithm>
#include <array>

namespace op_rules {
namespace {

namespace formats = bitgate::formats;
using bitgate::Op;
using bitgate::Support;
using bitgate::TensorDesc;

bool is(const TensorDesc& desc, std::string_view format) { return desc.format == format; }
bool is_half(const TensorDesc& desc) { return is(desc, formats::kF16) || is(desc, formats::kBF16); }

bool same_shape(const TensorDesc& a, const TensorDesc& b) {
  return a.rows() == b.rows() && a.cols() == b.cols();
}

const TensorDesc& input(const Op& op, std::size_t index) { return op.inputs[index].desc; }
const TensorDesc& output(const Op& op, std::size_t index = 0) { return op.outputs[index].desc; }

Support quantize(const Op& op) {
  const TensorDesc& x = input(op, 0);
  const TensorDesc& q = output(op);
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

Support dequantize(const Op& op) {
  const TensorDesc& q = input(op, 0);
  const TensorDesc& y = output(op);
  if (!same_shape(q, y)) return Support::no("dequantize: input and output differ in shape");
  const bool known = formats::is_ternary(q.format) || is(q, formats::kI8) || is_half(q);
  if (known && is(y, formats::kF32)) return Support::yes();
  return Support::no("dequantize " + std::string(q.format) + " to " + std::string(y.format));
}

Support matmul(const Op& op) {
  const TensorDesc& w = input(op, 0);
  const TensorDesc& x = input(op, 1);
  const TensorDesc& y = output(op);
  if (w.cols() != x.cols() || y.rows() != x.rows() || y.cols() != w.rows()) {
    return Support::no("matmul: the shapes of weights, activations and output do not fit");
  }
  constexpr std::uint64_t kMostCols = std::uint64_t{1} << 22;  // 2 * 128 * cols stays in int32
  const bool ternary = formats::is_ternary(w.format) && is(x, formats::kI8) &&
                       (is(y, formats::kI32) || is(y, formats::kF32));
  if (ternary && w.cols() > kMostCols) return Support::no("matmul of more than 2^22 columns");
  if (ternary) return Support::yes();
  const bool floats = formats::is_float(w.format) && (is(x, w.format) || is(x, formats::kF32));
  if (floats && is(y, formats::kF32)) return Support::yes();
  return Support::no("matmul of " + std::string(w.format) + " and " + std::string(x.format) +
                     " to " + std::string(y.format));
}

/// Those of `rows` rows and one column, which ids and positions are.
bool is_list(const TensorDesc& desc, std::uint64_t rows) {
  return is(desc, formats::kI32) && desc.rows() == rows && desc.cols() == 1;
}

bool all_f32(const Op& op, std::size_t inputs) {
  const auto f32 = [](const bitgate::Operand& operand) { return is(operand.desc, formats::kF32); };
  const auto end = op.inputs.begin() + static_cast<std::ptrdiff_t>(inputs);
  return std::all_of(op.inputs.begin(), end, f32) && is(output(op), formats::kF32);
}

Support embed(const Op& op) {
  const TensorDesc& table = input(op, 0);
  const TensorDesc& y = output(op);
  if (!formats::is_float(table.format) || !is(y, formats::kF32)) {
    return Support::no("embed takes a table of f32, f16 or bf16 to f32");
  }
  if (is_list(input(op, 1), y.rows()) && y.cols() == table.cols()) return Support::yes();
  return Support::no("embed: the shapes of table, ids (i32, one a row) and output do not fit");
}

Support rms_norm(const Op& op) {
  if (!all_f32(op, 2)) return Support::no("rms_norm takes f32 to f32");
  const TensorDesc& weight = input(op, 1);
  if (!same_shape(input(op, 0), output(op)) || weight.rows() != 1 ||
      weight.cols() != output(op).cols()) {
    return Support::no("rms_norm: the shapes of input, weight (one row) and output do not fit");
  }
  if (op.real("epsilon") >= 0) return Support::yes();
  return Support::no("rms_norm: epsilon must not be negative");
}

Support rope(const Op& op) {
  constexpr std::int64_t kMostContext = std::int64_t{1} << 22;  // a table row for each
  if (!all_f32(op, 1)) return Support::no("rope takes f32 to f32");
  const TensorDesc& x = input(op, 0);
  if (!same_shape(x, output(op)) || !is_list(input(op, 1), x.rows())) {
    return Support::no(
        "rope: the shapes of input, positions (i32, one a row) and output do not fit");
  }
  const std::int64_t heads = op.integer("heads");
  if (heads < 1 || x.cols() % (2 * static_cast<std::uint64_t>(heads)) != 0) {
    return Support::no("rope: " + std::to_string(x.cols()) + " columns are no " +
                       std::to_string(heads) + " heads of an even size");
  }
  if (!(op.real("base") >= 1 && op.real("base") <= 1e30)) {
    return Support::no("rope: the base must be 1 to 1e30");
  }
  const std::int64_t context = op.integer("context");
  if (context >= 1 && context <= kMostContext) return Support::yes();
  return Support::no("rope: the context must be 1 to 2^22");
}

Support attention(const Op& op) {
  if (!all_f32(op, 3)) return Support::no("attention takes f32 to f32");
  const TensorDesc& q = input(op, 0);
  const TensorDesc& k = input(op, 1);
  const TensorDesc& keys = output(op, 1);
  const TensorDesc& values = output(op, 2);
  if (values.format != keys.format || !(is(keys, formats::kF32) || is(keys, formats::kF16))) {
    return Support::no("attention: keys and values of the cache must both be f32 or both f16");
  }
  const std::int64_t heads = op.integer("heads");
  const std::int64_t kv_heads = op.integer("kv_heads");
  if (kv_heads < 1 || heads < kv_heads || heads % kv_heads != 0) {
    return Support::no("attention: " + std::to_string(kv_heads) + " heads of keys and values for " +
                       std::to_string(heads) + " heads of queries");
  }
  const auto share = static_cast<std::uint64_t>(heads / kv_heads);
  const bool fits = k.cols() % static_cast<std::uint64_t>(kv_heads) == 0 &&
                    q.cols() == k.cols() * share && q.rows() == k.rows() &&
                    same_shape(k, input(op, 2)) && same_shape(q, output(op)) &&
                    keys.cols() == k.cols() && same_shape(keys, values) &&
                    keys.rows() >= k.rows() && is_list(input(op, 3), q.rows());
  if (fits) return Support::yes();
  return Support::no(
      "attention: the shapes of queries, keys, values, positions (i32, one a row), output and "
      "cache "
      "do not fit");
}

Support binary(const Op& op) {
  const std::string kind(op.kind);
  if (!all_f32(op, 2)) return Support::no(kind + " takes f32 to f32");
  if (same_shape(input(op, 0), input(op, 1)) && same_shape(input(op, 0), output(op))) {
    return Support::yes();
  }
  return Support::no(kind + ": inputs and output differ in shape");
}

Support argmax(const Op& op) {
  const TensorDesc& x = input(op, 0);
  if (!is(x, formats::kF32)) return Support::no("argmax takes f32");
  if (x.cols() > INT32_MAX) return Support::no("argmax of more columns than i32 can number");
  if (is_list(output(op), x.rows())) return Support::yes();
  return Support::no("argmax: the output must be i32, one a row");
}

struct Kind {
  std::string_view name;
  std::size_t inputs;
  std::size_t outputs;
  std::array<std::string_view, 3> attributes;  ///< all of them needed
  Support (*supports)(const Op&);
};

constexpr std::array<Kind, 11> kKinds = {{
    {"quantize", 1, 1, {"rounding"}, quantize},
    {"dequantize", 1, 1, {}, dequantize},
    {"matmul", 2, 1, {}, matmul},
    {"embed", 2, 1, {}, embed},
    {"rms_norm", 2, 1, {"epsilon"}, rms_norm},
    {"rope", 2, 1, {"heads", "base", "context"}, rope},
    {"attention", 4, 3, {"heads", "kv_heads"}, attention},
    {"relu2_gate", 2, 1, {}, binary},
    {"silu_gate", 2, 1, {}, binary},
    {"add", 2, 1, {}, binary},
    {"argmax", 1, 1, {}, argmax},
}};

Support held(const std::vector<bitgate::Operand>& operands) {
  for (const bitgate::Operand& operand : operands) {
    const TensorDesc& desc = operand.desc;
    std::string why = formats::why_not(desc.format, desc.rows(), desc.cols());
    if (!why.empty()) return Support::no(std::move(why));
  }
  return Support::yes();
}

Support has_attributes(const Op& op, const Kind& kind) {
  for (const std::string_view name : kind.attributes) {
    if (name.empty() || op.attribute(name) != nullptr) continue;
    return Support::no(std::string(op.kind) + " without the attribute '" + std::string(name) + "'");
  }
  for (const bg_attribute& attribute : op.attributes) {
    const std::string_view name = bitgate::detail::view(attribute.name);
    if (std::find(kind.attributes.begin(), kind.attributes.end(), name) != kind.attributes.end() &&
        !name.empty()) {
      continue;
    }
    return Support::no(std::string(op.kind) + " with an attribute '" + std::string(name) + "'");
  }
  return Support::yes();
}

}  // namespace

Support supports(const Op& op) {
  const auto* kind = std::find_if(kKinds.begin(), kKinds.end(),
                                  [&](const Kind& known) { return known.name == op.kind; });
  if (kind == kKinds.end()) return Support::no("operation '" + std::string(op.kind) + "'");
  if (op.inputs.size() != kind->inputs || op.outputs.size() != kind->outputs) {
    return Support::no(std::string(op.kind) + " has " + std::to_string(kind->inputs) +
                       " inputs and " + std::to_string(kind->outputs) + " outputs");
  }
  if (Support fits = held(op.inputs); !fits.ok) return fits;
  if (Support fits = held(op.outputs); !fits.ok) return fits;
  if (Support known = has_attributes(op, *kind); !known.ok) return known;
  return kind->supports(op);
}

}  // namespace op_rules

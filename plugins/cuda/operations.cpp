#include "operations.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>

#include "arguments.hpp"
#include "common/op_rules.hpp"
#include "common/rope_table.hpp"
#include "layout.hpp"
#include "tensor.hpp"

namespace bg_cuda {
namespace {

namespace formats = bitgate::formats;
using bitgate::Op;

constexpr std::size_t kThreads =
    128;  // of a block whose threads have nothing to do with each other
constexpr std::size_t kMostInY = 65535;  // blocks of a grid
constexpr Extent2 kApart = {kThreads, 1};
constexpr Extent2 kTogether = {layout::kGroup, 1};

CudaTensor& tensor_of(const bitgate::Operand& operand) {
  return static_cast<CudaTensor&>(*operand.tensor);
}

std::uint32_t narrow(std::size_t count) { return static_cast<std::uint32_t>(count); }
std::uint32_t blocks_for(std::size_t count) { return narrow((count + kThreads - 1) / kThreads); }

Extent2 each_element(std::size_t count) { return {blocks_for(count), 1}; }
Extent2 each_of_rows(std::size_t rows, std::size_t cols) {
  return {narrow(rows), blocks_for(cols)};
}

void convert(const std::string& format, const std::string& verb, const CudaTensor& from,
             const CudaTensor& to, CudaProgram& program) {
  const auto count = std::uint64_t{from.count()};
  program.add(format + "_" + verb, verb + "_" + format, each_element(from.count()), kApart,
              from.data<void>(), count, to.data<void>());
}

void quantize_ternary(const CudaTensor& x, const CudaTensor& q, bool absmean,
                      CudaProgram& program) {
  constexpr std::size_t kPartElements = 16 * layout::kGroup;  // at least, of one block
  const std::uint32_t parts = narrow(std::clamp<std::size_t>(x.count() / kPartElements, 1, 256));
  auto* found = program.scratch<double>(parts);
  auto* scale = q.has_block_scales() ? program.scratch<float>(1) : q.scales<float>();
  const auto count = std::uint64_t{x.count()};
  if (absmean) {
    program.add("magnitudes", "magnitude_part", {parts, 1}, kTogether, x.data<float>(), count,
                found);
    program.add("scale", "mean_scale", {1, 1}, kTogether, found, parts, count, scale);
  } else {
    auto* largest = reinterpret_cast<float*>(found);
    program.add("largest", "largest_part", {parts, 1}, kTogether, x.data<float>(), count, largest);
    program.add("scale", "largest_scale", {1, 1}, kTogether, largest, parts, scale);
  }
  program.add(q.format() + "_quantize", "quantize_ternary",
              each_of_rows(q.padded_rows(), q.words()), kApart, x.data<float>(), scale,
              std::uint32_t{absmean ? 1U : 0U}, narrow(q.rows()), narrow(q.cols()),
              narrow(q.words()), q.data<std::uint32_t>());
  if (!q.has_block_scales()) return;
  program.add("block_scales", "fill_block_scales", each_element(q.scale_count()), kApart, scale,
              narrow(q.scale_count()), q.scales<std::uint16_t>());
}

void quantize(const Op& op, CudaProgram& program) {
  const CudaTensor& x = tensor_of(op.inputs[0]);
  const CudaTensor& q = tensor_of(op.outputs[0]);
  if (q.format() == formats::kI8) {
    program.add("i8_quantize", "quantize_i8", {narrow(x.rows()), 1}, kTogether, x.data<float>(),
                narrow(x.cols()), narrow(q.chunks()), q.data<std::int8_t>(), q.sums(),
                q.scales<float>());
  } else if (formats::is_ternary(q.format())) {
    quantize_ternary(x, q, op.text("rounding") == "absmean", program);
  } else {
    convert(q.format(), "quantize", x, q, program);
  }
}

void dequantize(const Op& op, CudaProgram& program) {
  const CudaTensor& q = tensor_of(op.inputs[0]);
  const CudaTensor& y = tensor_of(op.outputs[0]);
  const Extent2 grid = each_of_rows(q.rows(), q.cols());
  if (formats::is_ternary(q.format())) {
    program.add(q.format() + "_dequantize", "dequantize_ternary", grid, kApart,
                q.data<std::uint32_t>(), q.scales<void>(),
                std::uint32_t{q.has_block_scales() ? 1U : 0U}, narrow(q.rows()), narrow(q.cols()),
                narrow(q.words()), y.data<float>());
  } else if (q.format() == formats::kI8) {
    program.add("i8_dequantize", "dequantize_i8", grid, kApart, q.data<std::int8_t>(),
                q.scales<float>(), narrow(q.cols()), narrow(q.chunks()), y.data<float>());
  } else {
    convert(q.format(), "dequantize", q, y, program);
  }
}

void ternary_matmul(const CudaTensor& w, const CudaTensor& x, const CudaTensor& y,
                    CudaProgram& program) {
  std::string kind;
  if (y.format() == formats::kF32) kind = w.has_block_scales() ? "_block" : "_scaled";
  const std::uint32_t blocks = narrow(w.padded_rows() / layout::kBlockRows);
  const TernaryOperands in = {w.data<std::uint32_t>(), x.data<std::int8_t>(), x.sums(),
                              w.scales<void>(),        x.scales<float>(),     narrow(x.rows()),
                              narrow(w.rows()),        narrow(w.chunks())};
  const auto add = [&](const std::string& verb, std::size_t tiles, Extent2 threads) {
    program.add(w.format() + kind + verb, "ternary" + kind + verb, {blocks, narrow(tiles)}, threads,
                in, y.data<void>());
  };
  constexpr Extent2 kSliced = {layout::kBlockRows, layout::kSlices};
  if (x.rows() == 1) return add("_gemv", 1, kSliced);
  if (!program.gpu().multiplies_tiles()) {
    return add("_gemm", x.tiled_rows() / layout::kMostTile, kSliced);
  }
  add("_mma", (x.rows() + layout::kTileCols - 1) / layout::kTileCols,
      {layout::kWarp, layout::kBlockRows / layout::kMmaRows});
}

FloatFormat float_format(const std::string& format) {
  if (format == formats::kF16) return FloatFormat::kF16;
  return format == formats::kBF16 ? FloatFormat::kBF16 : FloatFormat::kF32;
}

void matmul(const Op& op, CudaProgram& program) {
  const CudaTensor& w = tensor_of(op.inputs[0]);
  const CudaTensor& x = tensor_of(op.inputs[1]);
  const CudaTensor& y = tensor_of(op.outputs[0]);
  if (formats::is_ternary(w.format())) return ternary_matmul(w, x, y, program);
  if (program.gpu().has_float_products() && x.format() == w.format()) {
    program.add_step(
        w.format() + "_cublas_gemm",
        FloatProduct{float_format(w.format()), w.data<void>(), x.data<void>(), y.data<float>(),
                     narrow(x.rows()), narrow(w.rows()), narrow(w.cols())});
    return;
  }
  std::string name = "matmul_" + w.format();
  if (x.format() != w.format()) name += "_" + x.format();
  program.add(w.format() + "_matmul", name, {narrow(w.rows()), narrow(x.rows())}, kTogether,
              w.data<void>(), x.data<void>(), narrow(w.rows()), narrow(w.cols()), y.data<float>());
}

void embed(const Op& op, CudaProgram& program) {
  const CudaTensor& table = tensor_of(op.inputs[0]);
  const CudaTensor& y = tensor_of(op.outputs[0]);
  program.add(table.format() + "_embed", "embed_" + table.format(),
              each_of_rows(y.rows(), y.cols()), kApart, table.data<void>(),
              tensor_of(op.inputs[1]).data<std::int32_t>(), narrow(table.rows()), narrow(y.cols()),
              y.data<float>());
}

void rms_norm(const Op& op, CudaProgram& program) {
  const CudaTensor& x = tensor_of(op.inputs[0]);
  program.add("rms_norm", "rms_norm", {narrow(x.rows()), 1}, kTogether, x.data<float>(),
              tensor_of(op.inputs[1]).data<float>(), narrow(x.cols()),
              static_cast<float>(op.real("epsilon")), tensor_of(op.outputs[0]).data<float>());
}

void rope(const Op& op, CudaProgram& program) {
  const CudaTensor& x = tensor_of(op.inputs[0]);
  const auto context = static_cast<std::size_t>(op.integer("context"));
  const std::size_t planes = x.cols() / static_cast<std::size_t>(op.integer("heads")) / 2;
  const auto made = rope_tables::rope_table(op.real("base"), planes, context);
  auto* table = program.scratch<float>(context * 2 * planes);
  program.gpu().upload(table, made->cosines(0), context * 2 * planes * sizeof(float));
  program.add("rope", "rope", each_of_rows(x.rows(), x.cols() / 2), kApart, x.data<float>(),
              tensor_of(op.inputs[1]).data<std::int32_t>(), table, narrow(x.cols()), narrow(planes),
              narrow(context), tensor_of(op.outputs[0]).data<float>());
}

void attention(const Op& op, CudaProgram& program) {
  const CudaTensor& q = tensor_of(op.inputs[0]);
  const CudaTensor& k = tensor_of(op.inputs[1]);
  const CudaTensor& keys = tensor_of(op.outputs[1]);
  const CudaTensor& values = tensor_of(op.outputs[2]);
  auto* positions = tensor_of(op.inputs[3]).data<std::int32_t>();
  const auto heads = static_cast<std::size_t>(op.integer("heads"));
  const AttentionShape shape = {narrow(heads), static_cast<std::uint32_t>(op.integer("kv_heads")),
                                narrow(q.cols() / heads), narrow(keys.rows())};
  program.add(keys.format() + "_store_rows", "store_rows_" + keys.format(),
              each_of_rows(k.rows(), k.cols()), kApart, k.data<float>(),
              tensor_of(op.inputs[2]).data<float>(), positions, narrow(k.cols()),
              narrow(keys.rows()), keys.data<void>(), values.data<void>());
  auto* scores = program.scratch<float>(q.rows() * heads * keys.rows());
  program.add(keys.format() + "_attention", "attention_" + keys.format(),
              {narrow(heads), narrow(q.rows())}, kTogether, q.data<float>(), positions,
              keys.data<void>(), values.data<void>(), shape, scores,
              tensor_of(op.outputs[0]).data<float>());
}

void binary(const Op& op, CudaProgram& program) {
  const CudaTensor& a = tensor_of(op.inputs[0]);
  const std::string name(op.kind);
  program.add(name, name, each_element(a.count()), kApart, a.data<float>(),
              tensor_of(op.inputs[1]).data<float>(), std::uint64_t{a.count()},
              tensor_of(op.outputs[0]).data<float>());
}

void argmax(const Op& op, CudaProgram& program) {
  const CudaTensor& x = tensor_of(op.inputs[0]);
  program.add("argmax", "argmax", {narrow(x.rows()), 1}, kTogether, x.data<float>(),
              narrow(x.cols()), tensor_of(op.outputs[0]).data<std::int32_t>());
}

}  // namespace

bitgate::Support supports(const Op& op) {
  if (bitgate::Support ruled = op_rules::supports(op); !ruled.ok) return ruled;
  constexpr std::uint64_t kMost = (std::uint64_t{1} << 31) - 1;  // blocks of a grid in x
  for (const auto* operands : {&op.inputs, &op.outputs}) {
    for (const bitgate::Operand& operand : *operands) {
      if (operand.desc.rank > 2) {
        return bitgate::Support::no("tensors of more than two dimensions");
      }
      if (operand.desc.rows() > kMost || operand.desc.cols() > kMostInY * kThreads ||
          operand.desc.rows() * operand.desc.cols() / kThreads > kMost) {
        return bitgate::Support::no("more rows or columns than a grid has blocks");
      }
    }
  }
  const bool in_y = op.kind == "matmul" || op.kind == "attention";
  if (in_y && op.outputs[0].desc.rows() > kMostInY) {
    return bitgate::Support::no(std::string(op.kind) + " of more than 65535 rows of activations");
  }
  return bitgate::Support::yes();
}

void add_operation(const Op& op, CudaProgram& program) {
  if (op.kind == "quantize") return quantize(op, program);
  if (op.kind == "dequantize") return dequantize(op, program);
  if (op.kind == "matmul") return matmul(op, program);
  if (op.kind == "embed") return embed(op, program);
  if (op.kind == "rms_norm") return rms_norm(op, program);
  if (op.kind == "rope") return rope(op, program);
  if (op.kind == "attention") return attention(op, program);
  if (op.kind == "argmax") return argmax(op, program);
  binary(op, program);
}

}  // namespace bg_cuda

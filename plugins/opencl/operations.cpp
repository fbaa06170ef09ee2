#include "operations.hpp"

#include <bitgate/formats.hpp>

#include "blas.hpp"
#include "grids.hpp"

namespace opencl {
namespace {

namespace formats = bitgate::formats;
using bitgate::Op;

void quantize_int8(const ClTensor& x, const ClTensor& q, ClProgram& program) {
  program.add("i8_quantize", "quantize_i8", each_group(program, x.rows()), narrow(x.rows()),
              narrow(x.cols()), narrow(q.shape().chunks()), x.data(), q.data(), q.sums(),
              q.scales());
}

/// "f16" and "quantize" are the kernel "quantize_f16", shown as "f16_quantize".
void convert(const std::string& format, const std::string& verb, const ClTensor& from,
             const ClTensor& to, ClProgram& program) {
  const std::string name = verb + "_" + format;
  program.add(format + "_" + verb, name.c_str(), each_element(from.count()), cl_ulong{from.count()},
              from.data(), to.data());
}

void quantize_ternary(const ClTensor& x, const ClTensor& q, bool absmean, ClProgram& program) {
  const std::size_t parts = program.engine().cut().wide ? 64 : 256;
  const cl_mem found = program.scratch(parts * sizeof(double));
  const cl_mem scale = q.has_block_scales() ? program.scratch(sizeof(float)) : q.scales();
  program.add(absmean ? "abs_sum" : "largest", absmean ? "abs_sum_part" : "largest_part",
              each_group(program, parts), cl_ulong{x.count()}, x.data(), found);
  program.add("scale", absmean ? "mean_scale" : "largest_scale", each_group(program, 1),
              narrow(parts), cl_ulong{x.count()}, found, scale);
  program.add(q.format() + "_quantize", "quantize_ternary",
              each_of_rows(q.shape().words(), q.shape().padded_rows()), narrow(q.rows()),
              narrow(q.cols()), narrow(q.shape().words()), cl_uint{absmean ? 1U : 0U}, x.data(),
              scale, q.data());
  if (!q.has_block_scales()) return;
  program.add("block_scales", "fill_block_scales", each_element(q.scale_count()),
              narrow(q.scale_count()), scale, q.scales());
}

void quantize(const Op& op, ClProgram& program) {
  const ClTensor& x = tensor_of(op.inputs[0]);
  const ClTensor& q = tensor_of(op.outputs[0]);
  if (q.format() == formats::kI8) return quantize_int8(x, q, program);
  if (!formats::is_ternary(q.format())) return convert(q.format(), "quantize", x, q, program);
  quantize_ternary(x, q, op.text("rounding") == "absmean", program);
}

void dequantize(const Op& op, ClProgram& program) {
  const ClTensor& q = tensor_of(op.inputs[0]);
  const ClTensor& y = tensor_of(op.outputs[0]);
  if (formats::is_ternary(q.format())) {
    program.add(q.format() + "_dequantize", "dequantize_ternary",
                each_of_rows(q.shape().words(), q.rows()), narrow(q.rows()), narrow(q.cols()),
                narrow(q.shape().words()), cl_uint{q.has_block_scales() ? 1U : 0U}, q.data(),
                q.scales(), y.data());
  } else if (q.format() == formats::kI8) {
    program.add("i8_dequantize", "dequantize_i8", each_of_rows(q.cols(), q.rows()),
                narrow(q.rows()), narrow(q.cols()), narrow(q.shape().chunks()), q.data(),
                q.scales(), y.data());
  } else {
    convert(q.format(), "dequantize", q, y, program);
  }
}

void ternary_matmul(const ClTensor& w, const ClTensor& x, const ClTensor& y, ClProgram& program) {
  const Cut& cut = program.engine().cut();
  const bool one = x.rows() == 1;
  const std::size_t tiles = one ? 1 : x.shape().tiled_rows() / kMostTile;
  const std::size_t blocks = w.shape().padded_rows() / cut.block_rows();
  const Grid grid{{blocks * cut.block_items(), cut.slices(), tiles},
                  {cut.block_items(), cut.slices(), 1}};
  std::string kind;
  if (y.format() == formats::kF32) kind = w.has_block_scales() ? "_block" : "_scaled";
  const std::string name = "ternary" + kind + (one ? "_gemv" : "_gemm");
  program.add(w.format() + kind + (one ? "_gemv" : "_gemm"), name.c_str(), grid, narrow(x.rows()),
              narrow(w.rows()), narrow(w.shape().chunks()), w.data(), x.data(), x.sums(),
              w.scales(), x.scales(), y.data());
}

void float_matmul(const ClTensor& w, const ClTensor& x, const ClTensor& y, ClProgram& program) {
  std::string name = "matmul_" + w.format();
  if (x.format() != w.format()) name += "_" + x.format();
  program.add(w.format() + "_matmul", name.c_str(), each_group(program, w.rows(), x.rows()),
              narrow(x.rows()), narrow(w.rows()), narrow(w.cols()), w.data(), x.data(), y.data());
}

void matmul(const Op& op, bool blas, ClProgram& program) {
  const ClTensor& w = tensor_of(op.inputs[0]);
  const ClTensor& x = tensor_of(op.inputs[1]);
  const ClTensor& y = tensor_of(op.outputs[0]);
  if (formats::is_ternary(w.format())) return ternary_matmul(w, x, y, program);
#ifdef BITGATE_CLBLAST
  if (blas && w.format() == formats::kF32) return add_blas_matmul(w, x, y, program);
#else
  static_cast<void>(blas);
#endif
  float_matmul(w, x, y, program);
}

}  // namespace

void add_operation(const Op& op, bool blas, ClProgram& program) {
  if (op.kind == "quantize") return quantize(op, program);
  if (op.kind == "dequantize") return dequantize(op, program);
  if (op.kind == "matmul") return matmul(op, blas, program);
  add_model_operation(op, program);
}

}  // namespace opencl

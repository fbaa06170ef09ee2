// What a transformer takes besides products of matrices.
#include <bitgate/formats.hpp>

#include "common/rope_table.hpp"
#include "grids.hpp"
#include "operations.hpp"

namespace opencl {
namespace {

using bitgate::Op;

void embed(const Op& op, ClProgram& program) {
  const ClTensor& table = tensor_of(op.inputs[0]);
  const ClTensor& y = tensor_of(op.outputs[0]);
  const std::string name = "embed_" + table.format();
  program.add(table.format() + "_embed", name.c_str(), each_of_rows(y.cols(), y.rows()),
              narrow(y.rows()), narrow(table.rows()), narrow(y.cols()), table.data(),
              tensor_of(op.inputs[1]).data(), y.data());
}

void rms_norm(const Op& op, ClProgram& program) {
  const ClTensor& x = tensor_of(op.inputs[0]);
  program.add("rms_norm", "rms_norm", each_group(program, x.rows()), narrow(x.rows()),
              narrow(x.cols()), static_cast<cl_float>(op.real("epsilon")), x.data(),
              tensor_of(op.inputs[1]).data(), tensor_of(op.outputs[0]).data());
}

void rope(const Op& op, ClProgram& program) {
  const ClTensor& x = tensor_of(op.inputs[0]);
  const auto heads = static_cast<std::size_t>(op.integer("heads"));
  const auto context = static_cast<std::size_t>(op.integer("context"));
  const std::size_t planes = x.cols() / heads / 2;
  const cl_mem table = program.rope_table(op.real("base"), planes, context);
  program.add("rope", "rope", each_of_rows(x.cols() / 2, x.rows()), narrow(x.rows()),
              narrow(x.cols()), narrow(planes), narrow(context), table, x.data(),
              tensor_of(op.inputs[1]).data(), tensor_of(op.outputs[0]).data());
}

void attention(const Op& op, ClProgram& program) {
  const ClTensor& q = tensor_of(op.inputs[0]);
  const ClTensor& k = tensor_of(op.inputs[1]);
  const ClTensor& v = tensor_of(op.inputs[2]);
  const ClTensor& positions = tensor_of(op.inputs[3]);
  const ClTensor& keys = tensor_of(op.outputs[1]);
  const ClTensor& values = tensor_of(op.outputs[2]);
  const auto heads = static_cast<std::size_t>(op.integer("heads"));
  const auto kv_heads = static_cast<std::size_t>(op.integer("kv_heads"));
  const std::string store = "store_rows_" + keys.format();
  program.add(keys.format() + "_store_rows", store.c_str(), each_of_rows(k.cols(), k.rows()),
              narrow(k.rows()), narrow(k.cols()), narrow(keys.rows()), positions.data(), k.data(),
              v.data(), keys.data(), values.data());
  const cl_mem scores = program.scratch(q.rows() * heads * keys.rows() * sizeof(float));
  const std::string name = "attention_" + keys.format();
  program.add(keys.format() + "_attention", name.c_str(), each_group(program, heads, q.rows()),
              narrow(q.rows()), narrow(heads), narrow(kv_heads), narrow(q.cols() / heads),
              narrow(keys.rows()), positions.data(), q.data(), keys.data(), values.data(), scores,
              tensor_of(op.outputs[0]).data());
}

void binary(const Op& op, const char* name, ClProgram& program) {
  const ClTensor& a = tensor_of(op.inputs[0]);
  program.add(name, name, each_element(a.count()), cl_ulong{a.count()}, a.data(),
              tensor_of(op.inputs[1]).data(), tensor_of(op.outputs[0]).data());
}

void argmax(const Op& op, ClProgram& program) {
  const ClTensor& x = tensor_of(op.inputs[0]);
  program.add("argmax", "argmax", each_group(program, x.rows()), narrow(x.rows()), narrow(x.cols()),
              x.data(), tensor_of(op.outputs[0]).data());
}

}  // namespace

void add_model_operation(const Op& op, ClProgram& program) {
  if (op.kind == "embed") return embed(op, program);
  if (op.kind == "rms_norm") return rms_norm(op, program);
  if (op.kind == "rope") return rope(op, program);
  if (op.kind == "attention") return attention(op, program);
  if (op.kind == "relu2_gate") return binary(op, "relu2_gate", program);
  if (op.kind == "silu_gate") return binary(op, "silu_gate", program);
  if (op.kind == "add") return binary(op, "add", program);
  argmax(op, program);
}

}  // namespace opencl

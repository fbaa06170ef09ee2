#include "run/graph_programs.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace bitgate {

GraphPrograms::GraphPrograms(const model::Bitnet& bitnet, std::string format, ModelWeights& weights,
                             worker::BackendClient& client, std::uint64_t context,
                             std::uint64_t most_logits)
    : bitnet_(bitnet),
      format_(std::move(format)),
      weights_(weights),
      client_(client),
      context_(context),
      buffer_(most_logits * bitnet.vocabulary * sizeof(float), "bitgate-logits"),
      region_(client.attach(buffer_)) {}

model::GraphSpec GraphPrograms::spec(std::uint64_t tokens, model::Head head, bool chained) const {
  return {tokens, context_, format_, weights_.embedding_format(), head, chained};
}

std::vector<LackedOperation> GraphPrograms::lacks(std::uint64_t tokens, model::Head head) {
  std::vector<LackedOperation> out;
  const model::Graph graph = model::make_graph(bitnet_, spec(tokens, head, false));
  std::set<std::string> asked;  // the layers are alike
  for (const model::GraphOp& op : graph.ops) {
    const std::string role(model::role_of(op.label));
    if (!asked.insert(role + op.kind).second) continue;
    worker::OpSpec described{op.kind, {}, {}, op.attributes};
    const auto describe = [&](const std::string& name) {
      const model::GraphTensor& tensor = graph.tensors.at(name);
      return worker::TensorRef{tensor.format, tensor.rows, tensor.cols, 0};
    };
    for (const std::string& name : op.inputs) described.inputs.push_back(describe(name));
    for (const std::string& name : op.outputs) described.outputs.push_back(describe(name));
    if (const auto why = client_.unsupported(described)) out.push_back({role, op.kind, *why});
  }
  return out;
}

worker::TensorRef GraphPrograms::bound(const std::string& name, const GraphProgram& program) const {
  switch (program.graph.tensors.at(name).lifetime) {
    case model::Lifetime::kWeight:
      return weights_.at(name);
    case model::Lifetime::kState:
      return state_.at(name);
    case model::Lifetime::kScratch:
      break;
  }
  return program.scratch.at(name);
}

worker::OpSpec GraphPrograms::bind(const model::GraphOp& op, const GraphProgram& program) const {
  worker::OpSpec out{op.kind, {}, {}, op.attributes};
  for (const std::string& name : op.inputs) out.inputs.push_back(bound(name, program));
  for (const std::string& name : op.outputs) out.outputs.push_back(bound(name, program));
  return out;
}

std::uint64_t GraphPrograms::prepare(std::uint64_t tokens, model::Head head, bool chained,
                                     GraphProgram& out) {
  out.graph = model::make_graph(bitnet_, spec(tokens, head, chained));
  std::uint64_t ns = 0;
  for (const auto& [name, tensor] : out.graph.tensors) {
    const worker::TensorRef described{tensor.format, tensor.rows, tensor.cols, 0};
    if (tensor.lifetime == model::Lifetime::kScratch) {
      out.scratch[name] = client_.create(described, ns);
    } else if (tensor.lifetime == model::Lifetime::kState && state_.count(name) == 0) {
      state_[name] = client_.create(described, ns);
    }
  }
  if (const auto last = out.scratch.find(model::kLastRow); last != out.scratch.end()) {
    buffer_.as<std::int32_t>().front() = static_cast<std::int32_t>(tokens - 1);
    client_.write(last->second, region_, sizeof(std::int32_t));
  }
  std::vector<worker::OpSpec> ops;
  for (const model::GraphOp& op : out.graph.ops) ops.push_back(bind(op, out));
  out.program = client_.prepare(ops, ns);
  return ns;
}

void GraphPrograms::drop(GraphProgram& program) {
  if (program.program != 0) client_.destroy_program(program.program);
  for (const auto& [name, tensor] : program.scratch) client_.destroy(tensor);
  program = {};
}

void GraphPrograms::drop_shared() {
  for (const auto& [name, tensor] : state_) client_.destroy(tensor);
  state_.clear();
}

worker::StepResult GraphPrograms::run(GraphProgram& program, std::span<const std::int32_t> ids,
                                      std::uint64_t position) {
  std::vector<worker::StepInput> inputs(1);
  inputs[0].tensor = program.scratch.at(model::kPositions);
  inputs[0].values.resize(std::max<std::size_t>(ids.size(), 1));
  std::iota(inputs[0].values.begin(), inputs[0].values.end(), static_cast<std::int32_t>(position));
  if (!ids.empty()) {
    inputs.push_back({program.scratch.at(model::kIds), {ids.begin(), ids.end()}});
  }
  const bool answers = program.graph.tensors.count(model::kNextToken) != 0;
  ++program.executions;
  return client_.step(program.program, inputs,
                      answers ? state_.at(model::kNextToken) : worker::TensorRef{});
}

std::span<const float> GraphPrograms::logits(const GraphProgram& program) {
  read_logits(program);
  return buffer_.as<float>().first(program.graph.tensors.at(model::kLogits).rows *
                                   bitnet_.vocabulary);
}

std::uint64_t GraphPrograms::read_logits(const GraphProgram& program) {
  const worker::TensorRef& logits = program.scratch.at(model::kLogits);
  return client_.read(logits, region_, logits.rows * logits.cols * sizeof(float));
}

void GraphPrograms::release() { client_.detach(region_); }

}  // namespace bitgate

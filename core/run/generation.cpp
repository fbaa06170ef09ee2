#include "run/generation.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <numeric>
#include <span>
#include <stdexcept>

#include <fmt/format.h>

#include "measure/sampling.hpp"

namespace bitgate {
namespace {

/// Rows of a prefill program: enough that weights are read rarely, few enough for the memory that
/// activations take.
constexpr std::uint64_t kMostRows = 512;
constexpr std::uint64_t kCacheStep = 32;

std::uint64_t rows_needed(const Questions& questions) {
  std::uint64_t longest = 0;
  for (const auto& prompt : questions.prompts) longest = std::max(longest, prompt.size());
  const std::uint64_t rows = longest + questions.tokens;
  return (rows + kCacheStep - 1) / kCacheStep * kCacheStep;
}

}  // namespace

Generation::Generation(const model::Bitnet& bitnet, const std::string& format,
                       ModelWeights& weights, worker::BackendClient& client, Questions questions)
    : bitnet_(bitnet),
      format_(format),
      weights_(weights),
      client_(client),
      questions_(std::move(questions)),
      context_(rows_needed(questions_)),
      buffer_(std::max(bitnet.vocabulary, kMostRows) * sizeof(float), "bitgate-logits"),
      region_(client.attach(buffer_)) {}

model::GraphSpec Generation::spec(std::uint64_t tokens, model::Head head, bool chained) const {
  return {tokens, context_, format_, weights_.embedding_format(), head, chained};
}

std::optional<std::string> Generation::unsupported() {
  std::set<std::uint64_t> sizes;
  for (const auto& prompt : questions_.prompts) {
    sizes.insert(std::min<std::uint64_t>(prompt.size(), kMostRows));
  }
  for (const std::uint64_t size : sizes) {
    Prepared prepared;
    prepared.graph = model::make_graph(bitnet_, spec(size, model::Head::kNext, false));
    std::set<std::string> asked;  // the layers are alike
    for (const model::GraphOp& op : prepared.graph.ops) {
      if (!asked.insert(std::string(model::role_of(op.label)) + op.kind).second) continue;
      worker::OpSpec described{op.kind, {}, {}, op.attributes};
      const auto describe = [&](const std::string& name) {
        const model::GraphTensor& tensor = prepared.graph.tensors.at(name);
        return worker::TensorRef{tensor.format, tensor.rows, tensor.cols, 0};
      };
      for (const std::string& name : op.inputs) described.inputs.push_back(describe(name));
      for (const std::string& name : op.outputs) described.outputs.push_back(describe(name));
      if (const auto why = client_.unsupported(described)) {
        return fmt::format("{} ({}): {}", op.label, op.kind, *why);
      }
    }
  }
  return std::nullopt;
}

worker::TensorRef Generation::bound(const std::string& name, const Prepared& prepared) const {
  switch (prepared.graph.tensors.at(name).lifetime) {
    case model::Lifetime::kWeight:
      return weights_.at(name);
    case model::Lifetime::kState:
      return state_.at(name);
    case model::Lifetime::kScratch:
      break;
  }
  return prepared.scratch.at(name);
}

worker::OpSpec Generation::bind(const model::GraphOp& op, const Prepared& prepared) const {
  worker::OpSpec out{op.kind, {}, {}, op.attributes};
  for (const std::string& name : op.inputs) out.inputs.push_back(bound(name, prepared));
  for (const std::string& name : op.outputs) out.outputs.push_back(bound(name, prepared));
  return out;
}

std::uint64_t Generation::prepare_graph(const model::GraphSpec& spec, Prepared& out) {
  out.graph = model::make_graph(bitnet_, spec);
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
    buffer_.as<std::int32_t>().front() = static_cast<std::int32_t>(spec.tokens - 1);
    client_.write(last->second, region_, sizeof(std::int32_t));
  }
  std::vector<worker::OpSpec> ops;
  for (const model::GraphOp& op : out.graph.ops) ops.push_back(bind(op, out));
  out.program = client_.prepare(ops, ns);
  return ns;
}

void Generation::drop(Prepared& prepared) {
  if (prepared.program != 0) client_.destroy_program(prepared.program);
  for (const auto& [name, tensor] : prepared.scratch) client_.destroy(tensor);
  prepared = {};
}

void Generation::drop_all() {
  for (auto& [key, prepared] : chunks_) drop(prepared);
  drop(decode_);
  chunks_.clear();
  for (const auto& [name, tensor] : state_) client_.destroy(tensor);
  state_.clear();
}

std::uint64_t Generation::prepare() {
  drop_all();
  std::uint64_t ns = prepare_graph(spec(1, model::Head::kNext, true), decode_);
  for (const auto& prompt : questions_.prompts) {
    for (std::uint64_t done = 0; done < prompt.size(); done += kMostRows) {
      const std::uint64_t size = std::min<std::uint64_t>(prompt.size() - done, kMostRows);
      const bool last = done + size == prompt.size();
      const auto [entry, added] = chunks_.try_emplace({size, last});
      const model::Head head = last ? model::Head::kNext : model::Head::kNone;
      if (added) ns += prepare_graph(spec(size, head, false), entry->second);
    }
  }
  return ns;
}

worker::StepResult Generation::run(Prepared& prepared, std::span<const std::int32_t> ids,
                                   std::uint64_t position) {
  std::vector<worker::StepInput> inputs(1);
  inputs[0].tensor = prepared.scratch.at(model::kPositions);
  inputs[0].values.resize(std::max<std::size_t>(ids.size(), 1));
  std::iota(inputs[0].values.begin(), inputs[0].values.end(), static_cast<std::int32_t>(position));
  if (!ids.empty()) {
    inputs.push_back({prepared.scratch.at(model::kIds), {ids.begin(), ids.end()}});
  }
  const bool answers = prepared.graph.tensors.count(model::kNextToken) != 0;
  ++prepared.executions;
  return client_.step(prepared.program, inputs,
                      answers ? state_.at(model::kNextToken) : worker::TensorRef{});
}

void Generation::keep_logits(const Prepared& prepared, std::vector<float>* logits) {
  if (logits == nullptr) return;
  const std::uint64_t bytes = bitnet_.vocabulary * sizeof(float);
  client_.read(prepared.scratch.at(model::kLogits), region_, bytes);
  const std::span<const float> row = buffer_.as<float>().first(bitnet_.vocabulary);
  logits->insert(logits->end(), row.begin(), row.end());
}

Answer Generation::answer(std::size_t index, std::vector<float>* logits) {
  const std::vector<std::int32_t>& prompt = questions_.prompts.at(index);
  Answer answer;
  const auto take = [&](const worker::StepResult& step) {
    const std::int32_t id = step.values.at(0);
    if (id < 0 || static_cast<std::uint64_t>(id) >= bitnet_.vocabulary) {
      throw std::runtime_error(
          fmt::format("the backend's argmax over {} logits is {}", bitnet_.vocabulary, id));
    }
    answer.ids.push_back(id);
  };
  for (std::size_t done = 0; done < prompt.size(); done += kMostRows) {
    const std::size_t size = std::min<std::size_t>(prompt.size() - done, kMostRows);
    const bool last = done + size == prompt.size();
    Prepared& chunk = chunks_.at({size, last});
    const worker::StepResult step = run(chunk, std::span(prompt).subspan(done, size), done);
    answer.prefill_ns += step.ns;
    if (!last) continue;
    take(step);
    keep_logits(chunk, logits);
  }
  while (answer.ids.size() < questions_.tokens && questions_.last.count(answer.ids.back()) == 0) {
    const worker::StepResult step = run(decode_, {}, prompt.size() + answer.ids.size() - 1);
    answer.step_ns.push_back(step.ns);
    take(step);
    keep_logits(decode_, logits);
  }
  return answer;
}

StageResult Generation::read_logits() {
  const worker::TensorRef& logits = decode_.scratch.at(model::kLogits);
  const std::uint64_t bytes = bitnet_.vocabulary * sizeof(float);
  return measure_briefly([&](std::uint64_t samples, std::uint64_t) {
    std::vector<std::uint64_t> times;
    for (std::uint64_t i = 0; i < samples; ++i) {
      times.push_back(client_.read(logits, region_, bytes));
    }
    return times;
  });
}

std::vector<OperationTime> Generation::profile() {
  std::map<std::string, std::vector<worker::OpSpec>> parts;
  for (const model::GraphOp& op : decode_.graph.ops) {
    parts[std::string(model::role_of(op.label))].push_back(bind(op, decode_));
  }
  std::vector<OperationTime> out;
  for (const auto& [name, ops] : parts) {
    std::uint64_t ns = 0;
    const std::uint64_t program = client_.prepare(ops, ns);
    const StageResult times = measure_briefly([&](std::uint64_t samples, std::uint64_t repeat) {
      return client_.sample({{program}}, 0, samples, repeat);
    });
    client_.destroy_program(program);
    out.push_back({name, ops.size(), median_ns(times)});
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const OperationTime& a, const OperationTime& b) { return a.ns > b.ns; });
  return out;
}

std::vector<KernelCalls> Generation::kernels() {
  std::map<std::string, std::uint64_t> total;
  const auto count = [&](const Prepared& prepared) {
    std::uint64_t calls = 0;
    for (const worker::KernelCount& kernel : client_.kernels(prepared.program)) {
      calls += kernel.calls;
      total[kernel.name] += kernel.calls;
    }
    if (calls < prepared.executions) {
      throw std::runtime_error(
          fmt::format("the backend counted {} kernel calls for {} executions of a program", calls,
                      prepared.executions));
    }
  };
  count(decode_);
  for (const auto& [key, prepared] : chunks_) count(prepared);
  std::vector<KernelCalls> out;
  for (const auto& [name, calls] : total) {
    if (calls > 0) out.push_back({name, calls});
  }
  return out;
}

void Generation::release() { client_.detach(region_); }

}  // namespace bitgate

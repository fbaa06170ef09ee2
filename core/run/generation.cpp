#include "run/generation.hpp"

#include <algorithm>
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

/// What a profile times as one: an operation that looks at other rows, like a product or the
/// attention, or those between two of these, which a backend may run through together.
struct GraphPart {
  std::string name;
  std::vector<const model::GraphOp*> ops;  ///< those of the first layer, of the second, ...
  std::uint64_t layers = 1;                ///< that have it
};

bool stands_alone(const model::GraphOp& op) {
  return op.kind == "matmul" || op.kind == "attention" || op.kind == "embed" || op.kind == "argmax";
}

std::vector<GraphPart> parts_of(const model::Graph& graph) {
  std::vector<GraphPart> parts;
  const model::GraphOp* before = nullptr;
  GraphPart one;
  const auto finish = [&] {
    if (one.ops.empty()) return;
    const auto known = std::find_if(parts.begin(), parts.end(),
                                    [&](const GraphPart& part) { return part.name == one.name; });
    if (known == parts.end()) {
      parts.push_back(std::move(one));
    } else {
      known->ops.insert(known->ops.end(), one.ops.begin(), one.ops.end());
      ++known->layers;
    }
    one = {};
  };
  for (const model::GraphOp& op : graph.ops) {
    const std::string_view role = model::role_of(op.label);
    const std::string_view layer =
        std::string_view(op.label).substr(0, op.label.size() - role.size());
    const bool together = before != nullptr && !stands_alone(*before) && !stands_alone(op) &&
                          before->label.starts_with(layer) && !layer.empty();
    if (!together) finish();
    if (one.ops.empty() || one.ops.back()->label != op.label) {
      one.name += (one.name.empty() ? "" : " + ") + std::string(role);
    }
    one.ops.push_back(&op);
    before = &op;
  }
  finish();
  return parts;
}

void longest_first(std::vector<OperationTime>& times) {
  std::stable_sort(times.begin(), times.end(),
                   [](const OperationTime& a, const OperationTime& b) { return a.ns > b.ns; });
}

}  // namespace

Generation::Generation(const model::Bitnet& bitnet, const std::string& format,
                       ModelWeights& weights, worker::BackendClient& client, Questions questions)
    : client_(client),
      questions_(std::move(questions)),
      programs_(bitnet, format, weights, client, rows_needed(questions_), 1) {}

std::vector<LackedOperation> Generation::lacks() {
  std::set<std::uint64_t> sizes;
  for (const auto& prompt : questions_.prompts) {
    sizes.insert(std::min<std::uint64_t>(prompt.size(), kMostRows));
  }
  std::vector<LackedOperation> out;
  for (const std::uint64_t size : sizes) {
    for (LackedOperation& one : programs_.lacks(size, model::Head::kNext)) {
      const bool known = std::any_of(out.begin(), out.end(), [&](const LackedOperation& other) {
        return other.operation == one.operation && other.kind == one.kind;
      });
      if (!known) out.push_back(std::move(one));
    }
  }
  return out;
}

void Generation::drop_all() {
  for (auto& [key, program] : chunks_) programs_.drop(program);
  programs_.drop(decode_);
  chunks_.clear();
  programs_.drop_shared();
}

std::uint64_t Generation::prepare() {
  drop_all();
  std::uint64_t ns = programs_.prepare(1, model::Head::kNext, true, decode_);
  for (const auto& prompt : questions_.prompts) {
    for (std::uint64_t done = 0; done < prompt.size(); done += kMostRows) {
      const std::uint64_t size = std::min<std::uint64_t>(prompt.size() - done, kMostRows);
      const bool last = done + size == prompt.size();
      const auto [entry, added] = chunks_.try_emplace({size, last});
      const model::Head head = last ? model::Head::kNext : model::Head::kNone;
      if (added) ns += programs_.prepare(size, head, false, entry->second);
    }
  }
  return ns;
}

Answer Generation::answer(std::size_t index, std::vector<float>* logits,
                          const std::function<void()>& before_step) {
  const std::vector<std::int32_t>& prompt = questions_.prompts.at(index);
  Answer answer;
  const auto take = [&](const worker::StepResult& step) {
    const std::int32_t id = step.values.at(0);
    const std::uint64_t vocabulary = decode_.graph.tensors.at(model::kLogits).cols;
    if (id < 0 || static_cast<std::uint64_t>(id) >= vocabulary) {
      throw std::runtime_error(
          fmt::format("the backend's argmax over {} logits is {}", vocabulary, id));
    }
    answer.ids.push_back(id);
  };
  const auto keep_logits = [&](const GraphProgram& program) {
    if (logits == nullptr) return;
    const std::span<const float> row = programs_.logits(program);
    logits->insert(logits->end(), row.begin(), row.end());
  };
  for (std::size_t done = 0; done < prompt.size(); done += kMostRows) {
    const std::size_t size = std::min<std::size_t>(prompt.size() - done, kMostRows);
    const bool last = done + size == prompt.size();
    GraphProgram& chunk = chunks_.at({size, last});
    const worker::StepResult step =
        programs_.run(chunk, std::span(prompt).subspan(done, size), done);
    answer.prefill_ns += step.ns;
    if (!last) continue;
    take(step);
    keep_logits(chunk);
  }
  while (answer.ids.size() < questions_.tokens && questions_.last.count(answer.ids.back()) == 0) {
    if (before_step) before_step();
    const worker::StepResult step =
        programs_.run(decode_, {}, prompt.size() + answer.ids.size() - 1);
    answer.step_ns.push_back(step.ns);
    take(step);
    keep_logits(decode_);
  }
  return answer;
}

StageResult Generation::read_logits() {
  return measure_briefly([&](std::uint64_t samples, std::uint64_t) {
    std::vector<std::uint64_t> times;
    for (std::uint64_t i = 0; i < samples; ++i) {
      times.push_back(programs_.read_logits(decode_));
    }
    return times;
  });
}

const GraphProgram& Generation::last_chunk() const {
  return std::find_if(chunks_.rbegin(), chunks_.rend(),
                      [](const auto& entry) { return entry.first.second; })
      ->second;
}

double Generation::time_of(const std::vector<worker::OpSpec>& ops) {
  std::uint64_t ns = 0;
  const std::uint64_t program = client_.prepare(ops, ns);
  const StageResult times = measure_briefly([&](std::uint64_t samples, std::uint64_t repeat) {
    return client_.sample({{program}}, 0, samples, repeat);
  });
  client_.destroy_program(program);
  return median_ns(times);
}

std::vector<OperationTime> Generation::profile() {
  std::vector<OperationTime> out;
  for (const GraphPart& part : parts_of(decode_.graph)) {
    std::vector<worker::OpSpec> ops;
    for (const model::GraphOp* op : part.ops) ops.push_back(programs_.bind(*op, decode_));
    out.push_back({part.name, part.ops.size(), time_of(ops)});
  }
  longest_first(out);
  return out;
}

std::vector<OperationTime> Generation::prefill_profile() {
  const GraphProgram& prompt = last_chunk();
  std::vector<OperationTime> out;
  for (const GraphPart& part : parts_of(prompt.graph)) {
    std::vector<worker::OpSpec> first;
    for (const model::GraphOp* op : std::span(part.ops).first(part.ops.size() / part.layers)) {
      first.push_back(programs_.bind(*op, prompt));
    }
    out.push_back({part.name, part.ops.size(), time_of(first) * static_cast<double>(part.layers)});
  }
  longest_first(out);
  return out;
}

std::vector<std::string> Generation::kernels_of(const worker::OpSpec& op) {
  std::uint64_t ns = 0;
  const std::uint64_t program = client_.prepare({op}, ns);
  client_.sample({{program}}, 0, 1, 1);
  std::vector<std::string> names;
  for (const worker::KernelCount& kernel : client_.kernels(program)) {
    if (kernel.calls > 0) names.push_back(kernel.name);
  }
  client_.destroy_program(program);
  return names;
}

std::vector<PlacedOperation> Generation::placement(const std::string& backend) {
  std::vector<PlacedOperation> out;
  const auto add = [&](const GraphProgram& program,
                       std::vector<std::string> PlacedOperation::*list) {
    std::map<std::pair<std::string, std::string>, std::uint64_t> counts;
    for (const model::GraphOp& op : program.graph.ops) {
      const std::string role(model::role_of(op.label));
      const std::uint64_t count = ++counts[{role, op.kind}];
      auto found = std::find_if(out.begin(), out.end(), [&](const PlacedOperation& one) {
        return one.operation == role && one.kind == op.kind;
      });
      if (found == out.end()) {
        found = out.insert(out.end(), {role, op.kind, 0, backend, {}, {}});
      }
      found->count = std::max(found->count, count);
      if (count == 1) (*found).*list = kernels_of(programs_.bind(op, program));
    }
  };
  add(last_chunk(), &PlacedOperation::prefill);
  add(decode_, &PlacedOperation::decode);
  return out;
}

std::vector<KernelCalls> Generation::kernels() {
  std::map<std::string, std::uint64_t> total;
  const auto count = [&](const GraphProgram& prepared) {
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

void Generation::release() { programs_.release(); }

}  // namespace bitgate

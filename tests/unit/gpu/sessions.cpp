#include "sessions.hpp"

#include <stdexcept>

#include "session.hpp"
#include "simulator/simulated_gpu.hpp"
#ifdef BITGATE_TEST_OPENCL
#include "opencl_stands.hpp"
#endif

namespace {

std::vector<Stand> all_stands() {
  namespace simulator = bg_cuda::simulator;
  using simulator::Order;
  std::vector<Stand> found;
  for (const Order order : {Order::kForward, Order::kShuffled}) {
    const bool forward = order == Order::kForward;
    found.push_back({forward ? "cuda, in order" : "cuda, shuffled",
                     std::make_unique<bg_cuda::CudaSession>(simulator::simulated_gpu(
                         simulator::fiber_executor(order), {true, false}))});
  }
#ifdef BITGATE_TEST_OPENCL
  for (Stand& stand : opencl_stands()) found.push_back(std::move(stand));
#endif
  return found;
}

}  // namespace

std::vector<Stand>& stands() {
  static auto& all = *new std::vector<Stand>(all_stands());  // to the end: drivers end in any order
  return all;
}

std::vector<Bytes> run(bitgate::Session& session, std::string_view kind,
                       const std::vector<Given>& inputs, const std::vector<Given>& outputs,
                       const std::vector<bg_attribute>& attributes, bool in_place) {
  std::vector<bitgate::TensorPtr> tensors;
  bitgate::Op op{kind, {}, {}, attributes};
  const auto bind = [&](const Given& given) {
    const bitgate::TensorDesc desc{given.format, 2, {given.rows, given.cols}};
    tensors.push_back(session.create(desc));
    session.write(*tensors.back(), given.bytes);
    return bitgate::Operand{desc, tensors.back().get()};
  };
  for (const Given& input : inputs) op.inputs.push_back(bind(input));
  for (const Given& output : outputs) op.outputs.push_back(bind(output));
  if (in_place) op.outputs[0].tensor = op.inputs[0].tensor;
  if (const bitgate::Support support = session.supports(op); !support.ok) {
    throw std::logic_error(support.reason);
  }
  const bitgate::ProgramPtr program = session.prepare(std::span(&op, 1));
  session.run(*program, 1, {});
  session.synchronize();
  std::vector<Bytes> results;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    Bytes& bytes = results.emplace_back(outputs[i].bytes.size());
    session.read(*op.outputs[i].tensor, bytes);
  }
  return results;
}

bg_attribute integer(std::string_view name, std::int64_t value) {
  return {{name.data(), name.size()}, value, 0, {}};
}

bg_attribute real(std::string_view name, double value) {
  return {{name.data(), name.size()}, 0, value, {}};
}

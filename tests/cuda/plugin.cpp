// The plugin "cuda" on a GPU that is none. Its times mean nothing and meet no gate.
#include <bitgate/backend.hpp>

#include <array>
#include <memory>

#include "session.hpp"
#include "simulator/simulated_gpu.hpp"

namespace bg_cuda {
namespace {

class SimulatedBackend : public bitgate::Backend {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "The kernels of cuda on the CPU, for tests", )"
      R"("options": {"type": "object", "additionalProperties": false}})";

  SimulatedBackend(bitgate::Host, std::string_view options) {
    if (options.find_first_not_of("{} \t\r\n") != std::string_view::npos) {
      throw bitgate::Error(BG_INVALID_ARGUMENT, "cuda_simulated has no options");
    }
  }

  std::span<const bitgate::Device> devices() const override { return devices_; }
  bool has_device_timer() const override { return true; }

  bitgate::SessionPtr open(const bitgate::Device& device, const bitgate::SessionOptions&) override {
    const auto index = static_cast<std::size_t>(&device - devices_.data());
    return std::make_unique<CudaSession>(kGpus[index]());
  }

 private:
  template <simulator::Order kOrder, bool kTiles>
  static std::unique_ptr<Gpu> in_order() {
    return simulator::simulated_gpu(simulator::fiber_executor(kOrder), kTiles);
  }
  static std::unique_ptr<Gpu> at_once() {
    return simulator::simulated_gpu(simulator::thread_executor(), false);
  }
  static constexpr std::array kGpus = {&in_order<simulator::Order::kForward, true>,
                                       &in_order<simulator::Order::kReverse, false>,
                                       &in_order<simulator::Order::kShuffled, true>, &at_once};
  std::array<bitgate::Device, 4> devices_ = {{
      {"cuda/simulated", "threads of a block in order", 1, 0, true},
      {"cuda/simulated-reverse", "the last thread first, no tensor cores", 1, 0, true},
      {"cuda/simulated-shuffled", "threads in a new order at every barrier", 1, 0, true},
      {"cuda/simulated-at-once", "threads of the system's, no tensor cores", 1, 0, true},
  }};
};

}  // namespace
}  // namespace bg_cuda

BITGATE_BACKEND(cuda_simulated, "cuda_simulated", "0.1.0", bg_cuda::SimulatedBackend)

// The plugin "cuda" on a GPU that is none. Its times mean nothing and meet no gate.
#include <bitgate/backend.hpp>

#include <array>
#include <memory>

#include "options.hpp"
#include "session.hpp"
#include "simulator/simulated_gpu.hpp"

namespace bg_cuda {
namespace {

class SimulatedBackend : public bitgate::Backend {
 public:
  static constexpr std::string_view kDescription = kDescribed;

  SimulatedBackend(bitgate::Host, std::string_view options) : options_(Options::parse(options)) {}

  std::span<const bitgate::Device> devices() const override { return devices_; }
  bool has_device_timer() const override { return true; }

  bitgate::SessionPtr open(const bitgate::Device& device, const bitgate::SessionOptions&) override {
    const auto index = static_cast<std::size_t>(&device - devices_.data());
    return std::make_unique<CudaSession>(gpu(index));
  }

 private:
  [[nodiscard]] std::unique_ptr<Gpu> gpu(std::size_t index) const {
    using simulator::Order;
    constexpr std::array kOrders = {Order::kForward, Order::kReverse, Order::kShuffled};
    const bool tiles = index == 0 || index == 2;
    return simulator::simulated_gpu(index < kOrders.size()
                                        ? simulator::fiber_executor(kOrders[index])
                                        : simulator::thread_executor(),
                                    {tiles, options_.cublas});
  }

  Options options_;
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

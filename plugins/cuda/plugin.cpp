// The plugin "cuda": NVIDIA's GPUs.
#include <bitgate/backend.hpp>

#include "driver/cuda_gpu.hpp"
#include "session.hpp"

namespace bg_cuda {
namespace {

class CudaBackend : public bitgate::Backend {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "CUDA kernels for ternary, f32, f16 and bf16 weights", "driver_threads": true, )"
      R"("options": {"type": "object", "additionalProperties": false}})";

  CudaBackend(bitgate::Host, std::string_view options) {
    if (options.find_first_not_of("{} \t\r\n") != std::string_view::npos) {
      throw bitgate::Error(BG_INVALID_ARGUMENT, "cuda has no options");
    }
    devices_ = find_gpus();
  }

  std::span<const bitgate::Device> devices() const override { return devices_; }
  bool has_device_timer() const override { return true; }

  /// The number of threads means nothing to a GPU.
  bitgate::SessionPtr open(const bitgate::Device& device, const bitgate::SessionOptions&) override {
    return std::make_unique<CudaSession>(open_gpu(static_cast<int>(&device - devices_.data())));
  }

 private:
  std::vector<bitgate::Device> devices_;
};

}  // namespace
}  // namespace bg_cuda

BITGATE_BACKEND(cuda, "cuda", "0.1.0", bg_cuda::CudaBackend)

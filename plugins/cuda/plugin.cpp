// The plugin "cuda": NVIDIA's GPUs.
#include <bitgate/backend.hpp>

#include "driver/cuda_gpu.hpp"
#include "options.hpp"
#include "session.hpp"

namespace bg_cuda {
namespace {

class CudaBackend : public bitgate::Backend {
 public:
  static constexpr std::string_view kDescription = kDescribed;

  CudaBackend(bitgate::Host, std::string_view options)
      : options_(Options::parse(options)), devices_(find_gpus()) {}

  std::span<const bitgate::Device> devices() const override { return devices_; }
  bool has_device_timer() const override { return true; }

  /// The number of threads means nothing to a GPU.
  bitgate::SessionPtr open(const bitgate::Device& device, const bitgate::SessionOptions&) override {
    return std::make_unique<CudaSession>(
        open_gpu(static_cast<int>(&device - devices_.data()), options_.cublas));
  }

 private:
  Options options_;
  std::vector<bitgate::Device> devices_;
};

}  // namespace
}  // namespace bg_cuda

BITGATE_BACKEND(cuda, "cuda", "0.1.0", bg_cuda::CudaBackend)

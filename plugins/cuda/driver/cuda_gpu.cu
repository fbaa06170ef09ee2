#include "driver/cuda_gpu.hpp"

#include <array>
#include <exception>
#include <string>

#include <cuda_runtime.h>

#include "driver/cublas.hpp"
#include "kernels/list.hpp"

namespace bg_cuda {
namespace {

bg_status status_of(cudaError_t error) {
  switch (error) {
    case cudaErrorMemoryAllocation:
      return BG_OUT_OF_MEMORY;
    case cudaErrorNoDevice:
    case cudaErrorInsufficientDriver:
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorDevicesUnavailable:
      return BG_UNAVAILABLE;
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchFailure:
    case cudaErrorECCUncorrectable:
      return BG_DEVICE_LOST;
    default:
      return BG_INTERNAL;
  }
}

void check(cudaError_t error, const char* call) {
  if (error == cudaSuccess) return;
  const bg_status status = status_of(error);
  throw bitgate::Error(status, std::string(status == BG_UNAVAILABLE ? "no-gpu-available: " : "") +
                                   call + ": " + cudaGetErrorString(error) + " (" +
                                   cudaGetErrorName(error) + ")");
}

struct Entry {
  const char* name;
  const void* function;
};
#define BG_ENTRY(name, function) Entry{name, reinterpret_cast<const void*>(function)},
const std::array kEntries = {BG_CUDA_KERNELS(BG_ENTRY)};
#undef BG_ENTRY

/// A graph of a stream's, on the device from the start.
class CudaRecording : public Recording {
 public:
  CudaRecording(cudaGraph_t graph, cudaStream_t stream) : stream_(stream) {
    check(cudaGraphInstantiate(&graph_, graph, 0), "cudaGraphInstantiate");
    const cudaError_t uploaded = cudaGraphUpload(graph_, stream_);
    if (uploaded != cudaSuccess) cudaGraphExecDestroy(graph_);
    check(uploaded, "cudaGraphUpload");
  }
  ~CudaRecording() override { cudaGraphExecDestroy(graph_); }

  void replay() override { check(cudaGraphLaunch(graph_, stream_), "cudaGraphLaunch"); }

 private:
  cudaStream_t stream_;
  cudaGraphExec_t graph_ = nullptr;
};

class CudaGpu : public Gpu {
 public:
  CudaGpu(int number, bool cublas) : number_(number) {
    select();
    int major = 0;
    check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, number),
          "cudaDeviceGetAttribute");
    multiplies_tiles_ = major >= 8;
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreate");
    try {
      kernel(kEntries.front().name);
      if (cublas) cublas_ = open_cublas(stream_);
    } catch (...) {
      cudaStreamDestroy(stream_);
      throw;
    }
  }
  ~CudaGpu() override {
    cublas_.reset();
    if (begin_ != nullptr) cudaEventDestroy(begin_);
    if (end_ != nullptr) cudaEventDestroy(end_);
    cudaStreamDestroy(stream_);
  }

  void* allocate(std::size_t size) override {
    select();
    void* memory = nullptr;
    check(cudaMalloc(&memory, size), "cudaMalloc");
    const cudaError_t cleared = cudaMemsetAsync(memory, 0, size, stream_);
    if (cleared != cudaSuccess) cudaFree(memory);
    check(cleared, "cudaMemset");
    return memory;
  }
  void release(void* memory) noexcept override { cudaFree(memory); }

  void upload(void* to, const void* from, std::size_t size) override {
    select();
    check(cudaMemcpyAsync(to, from, size, cudaMemcpyHostToDevice, stream_), "cudaMemcpy");
    synchronize();
  }
  void download(void* to, const void* from, std::size_t size) override {
    select();
    check(cudaMemcpyAsync(to, from, size, cudaMemcpyDeviceToHost, stream_), "cudaMemcpy");
    synchronize();
  }

  /// Also loads it, which else happens when it first runs.
  const void* kernel(const std::string& name) override {
    for (const Entry& entry : kEntries) {
      if (name != entry.name) continue;
      select();
      cudaFuncAttributes attributes{};
      check(cudaFuncGetAttributes(&attributes, entry.function), entry.name);
      return entry.function;
    }
    throw bitgate::Error(BG_INTERNAL, "no kernel " + name);
  }

  std::unique_ptr<Recording> record(std::span<const Step> steps) override {
    select();
    check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal),
          "cudaStreamBeginCapture");
    std::exception_ptr failed;
    try {
      for (const Step& step : steps) std::visit([this](const auto& one) { start(one); }, step);
    } catch (...) {
      failed = std::current_exception();  // the capture is to be ended all the same
    }
    cudaGraph_t graph = nullptr;
    const cudaError_t captured = cudaStreamEndCapture(stream_, &graph);
    const std::unique_ptr<CUgraph_st, cudaError_t (*)(cudaGraph_t)> owned(graph, cudaGraphDestroy);
    if (failed) std::rethrow_exception(failed);
    check(captured, "cudaStreamEndCapture");
    return std::make_unique<CudaRecording>(graph, stream_);
  }

  [[nodiscard]] bool has_float_products() const override { return cublas_ != nullptr; }
  [[nodiscard]] bool multiplies_tiles() const override { return multiplies_tiles_; }

  void synchronize() override { check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize"); }

  void note_begin() override { note(begin_); }
  void note_end() override { note(end_); }
  std::uint64_t noted_ns() override {
    float ms = 0;
    check(cudaEventElapsedTime(&ms, begin_, end_), "cudaEventElapsedTime");
    return static_cast<std::uint64_t>(static_cast<double>(ms) * 1e6);
  }

 private:
  void select() const { check(cudaSetDevice(number_), "cudaSetDevice"); }

  void start(const Launch& launch) {
    std::array<void*, 16> values{};
    for (std::size_t i = 0; i < launch.arguments.size(); ++i) {
      values.at(i) = const_cast<void*>(launch.arguments[i].value);
    }
    check(cudaLaunchKernel(launch.kernel, dim3(launch.grid.x, launch.grid.y),
                           dim3(launch.block.x, launch.block.y), values.data(), 0, stream_),
          "cudaLaunchKernel");
  }

  void start(const FloatProduct& product) { cublas_->multiply(product); }

  void note(cudaEvent_t& event) {
    select();
    if (event == nullptr) check(cudaEventCreate(&event), "cudaEventCreate");
    check(cudaEventRecord(event, stream_), "cudaEventRecord");
  }

  int number_;
  bool multiplies_tiles_ = false;
  cudaStream_t stream_ = nullptr;
  std::unique_ptr<Cublas> cublas_;
  cudaEvent_t begin_ = nullptr;
  cudaEvent_t end_ = nullptr;
};

}  // namespace

std::vector<bitgate::Device> find_gpus() {
  int count = 0;  // left unwritten on error
  check(cudaGetDeviceCount(&count), "cudaGetDeviceCount");
  std::vector<bitgate::Device> found;
  for (int i = 0; i < count; ++i) {
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, i), "cudaGetDeviceProperties");
    found.push_back({"cuda/" + std::to_string(i),
                     std::string(properties.name) + ", compute capability " +
                         std::to_string(properties.major) + "." + std::to_string(properties.minor),
                     static_cast<std::uint32_t>(properties.multiProcessorCount),
                     properties.totalGlobalMem});
  }
  if (found.empty()) {
    throw bitgate::Error(BG_UNAVAILABLE, "no-gpu-available: the CUDA driver lists no device");
  }
  return found;
}

std::unique_ptr<Gpu> open_gpu(int number, bool cublas) {
  return std::make_unique<CudaGpu>(number, cublas);
}

}  // namespace bg_cuda

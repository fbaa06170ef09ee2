// Prepared operations: kernels with their arguments, in the order in which they are started.
#pragma once

#include <bitgate/backend.hpp>

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gpu.hpp"

namespace bg_cuda {

class CudaProgram : public bitgate::Program {
 public:
  /// `gpu` outlives the program.
  explicit CudaProgram(Gpu& gpu) : gpu_(gpu) {}

  /// A kernel of kernels/list.hpp under the name that is shown, with arguments of exactly the types
  /// that it takes.
  template <class... Args>
  void add(const std::string& shown, const std::string& name, Extent2 grid, Extent2 block,
           const Args&... args) {
    Launch launch{gpu_.kernel(name), grid, block, {}};
    (launch.arguments.push_back(held(&args, sizeof(args))), ...);
    add_step(shown, std::move(launch));
  }
  void add_step(const std::string& shown, Step step) {
    steps_.push_back(std::move(step));
    kernels_.push_back({"cuda/" + shown, 0});
  }

  /// When all is added: what `run` starts.
  void record() { recording_ = gpu_.record(steps_); }
  void run() {
    recording_->replay();
    for (bitgate::Kernel& kernel : kernels_) ++kernel.calls;
  }

  [[nodiscard]] std::span<const bitgate::Kernel> kernels() const override { return kernels_; }

  /// Memory of the program's own.
  template <class T>
  T* scratch(std::size_t count) {
    return memories_.emplace_back(gpu_, count * sizeof(T)).template as<T>();
  }
  [[nodiscard]] Gpu& gpu() const { return gpu_; }

 private:
  Argument held(const void* value, std::size_t size) {
    values_.push_back(std::make_unique<std::byte[]>(size));
    std::memcpy(values_.back().get(), value, size);
    return {values_.back().get(), size};
  }

  Gpu& gpu_;
  std::vector<Memory> memories_;
  std::vector<std::unique_ptr<std::byte[]>> values_;  // of arguments
  std::vector<Step> steps_;
  std::vector<bitgate::Kernel> kernels_;  // of each step
  std::unique_ptr<Recording> recording_;
};

}  // namespace bg_cuda

// Prepared operations: kernels with their arguments, in the order in which they are started.
#pragma once

#include <bitgate/backend.hpp>

#include <cstring>
#include <memory>
#include <string>
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
    auto step = std::make_unique<Step>(Step{gpu_.kernel(name), grid, block, {}, {}});
    (hold(*step, &args, sizeof(args)), ...);
    steps_.push_back(std::move(step));
    kernels_.push_back({"cuda/" + shown, 0});
  }

  void run() {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const Step& step = *steps_[i];
      gpu_.launch(step.kernel, step.grid, step.block, step.arguments);
      ++kernels_[i].calls;
    }
  }

  [[nodiscard]] std::span<const bitgate::Kernel> kernels() const override { return kernels_; }

  /// Memory of the program's own.
  template <class T>
  T* scratch(std::size_t count) {
    return memories_.emplace_back(gpu_, count * sizeof(T)).template as<T>();
  }
  [[nodiscard]] Gpu& gpu() const { return gpu_; }

 private:
  struct Step {
    const void* kernel;
    Extent2 grid;
    Extent2 block;
    std::vector<std::unique_ptr<std::byte[]>> values;
    std::vector<Argument> arguments;
  };

  static void hold(Step& step, const void* value, std::size_t size) {
    step.values.push_back(std::make_unique<std::byte[]>(size));
    std::memcpy(step.values.back().get(), value, size);
    step.arguments.push_back({step.values.back().get(), size});
  }

  Gpu& gpu_;
  std::vector<Memory> memories_;
  std::vector<std::unique_ptr<Step>> steps_;
  std::vector<bitgate::Kernel> kernels_;
};

}  // namespace bg_cuda

// A GPU whose kernels run on the CPU.
#pragma once

#include <memory>

#include "gpu.hpp"
#include "simulator/executor.hpp"

namespace bg_cuda::simulator {

/// What a GPU may have or not; other kernels run without.
struct Abilities {
  bool tiles;           ///< Gpu::multiplies_tiles
  bool float_products;  ///< Gpu::has_float_products
};

/// Kernels are run by this executor; what one wrote beyond an allocation is found when it has run.
std::unique_ptr<Gpu> simulated_gpu(std::unique_ptr<Executor> executor, Abilities abilities);

}  // namespace bg_cuda::simulator

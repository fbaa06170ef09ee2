// A GPU whose kernels run on the CPU.
#pragma once

#include <memory>

#include "gpu.hpp"
#include "simulator/executor.hpp"

namespace bg_cuda::simulator {

/// Kernels are run by this executor; what one wrote beyond an allocation is found when it has run.
/// `tiles`: whether it has tensor cores; without them, the kernels that do without are run.
std::unique_ptr<Gpu> simulated_gpu(std::unique_ptr<Executor> executor, bool tiles);

}  // namespace bg_cuda::simulator

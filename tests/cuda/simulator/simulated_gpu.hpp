// A GPU whose kernels run on the CPU.
#pragma once

#include <memory>

#include "gpu.hpp"
#include "simulator/executor.hpp"

namespace bg_cuda::simulator {

/// Threads and blocks run in this order. Writes beyond an allocation are found after the kernel
/// that made them.
std::unique_ptr<Gpu> simulated_gpu(Order order);

}  // namespace bg_cuda::simulator

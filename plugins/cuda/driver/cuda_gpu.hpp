// NVIDIA's GPUs through the CUDA runtime, which is linked in: the driver is looked for when
// something is asked.
#pragma once

#include <bitgate/backend.hpp>

#include <memory>
#include <vector>

#include "gpu.hpp"

namespace bg_cuda {

/// "cuda/0" and so on in the driver's order. Throws bitgate::Error(BG_UNAVAILABLE) with the
/// driver's words if there is no driver or no device that can be used.
std::vector<bitgate::Device> find_gpus();

/// The device of this number with a stream of its own. Throws bitgate::Error(BG_UNAVAILABLE) if the
/// kernels were not compiled for it, or cuBLAS is wanted and not there.
std::unique_ptr<Gpu> open_gpu(int number, bool cublas);

}  // namespace bg_cuda

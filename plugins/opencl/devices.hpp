// What OpenCL finds on this machine.
#pragma once

#include <bitgate/backend.hpp>

#include <vector>

#include "cl.hpp"

namespace opencl {

struct FoundDevice {
  cl_device_id handle;
  bool is_cpu;
  bitgate::Device described;  ///< id "opencl/0": its number in this list
};

/// All devices of all platforms: GPUs, then accelerators, then CPUs, each in the order of the
/// drivers. Throws bitgate::Error(BG_UNAVAILABLE) with the reason if there is none that can be
/// used.
std::vector<FoundDevice> find_devices(bool only_gpus);

}  // namespace opencl

// A session on a device of OpenCL.
#pragma once

#include <bitgate/backend.hpp>

#include "devices.hpp"
#include "engine.hpp"

namespace opencl {

/// On so many of the device's compute units; only CPUs can have fewer than all. `blas`: f32
/// products by CLBlast. Throws bitgate::Error as Engine's constructor does.
bitgate::SessionPtr open_session(const FoundDevice& device, unsigned units, const Cut& cut,
                                 bool blas);

}  // namespace opencl

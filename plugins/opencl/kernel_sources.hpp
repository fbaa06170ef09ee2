// The texts of kernels/*.cl, which the build puts into the library.
#pragma once

#include <span>
#include <string_view>

namespace opencl {

/// In the order in which they make one program.
std::span<const std::string_view> kernel_sources();

}  // namespace opencl

// The operations of this backend: which there are, and the kernels that each becomes.
#pragma once

#include <bitgate/backend.hpp>

#include "program.hpp"

namespace bg_cuda {

bitgate::Support supports(const bitgate::Op& op);

/// Adds the kernels of an operation that `supports` said yes to.
void add_operation(const bitgate::Op& op, CudaProgram& program);

}  // namespace bg_cuda

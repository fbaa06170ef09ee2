// The operations of this backend: which there are, and the kernels that each becomes.
#pragma once

#include <bitgate/backend.hpp>

#include "engine.hpp"
#include "program.hpp"

namespace opencl {

/// Whether there is the operation for these formats and shapes on this device.
bitgate::Support supports(const bitgate::Op& op, const Engine& engine);

/// Adds the kernels of an operation that `supports` said yes to. `blas`: f32 products by CLBlast.
void add_operation(const bitgate::Op& op, bool blas, ClProgram& program);

/// Those that model_operations.cpp has.
void add_model_operation(const bitgate::Op& op, ClProgram& program);

}  // namespace opencl

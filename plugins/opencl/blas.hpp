// f32 products by CLBlast, where it was there when this was built.
#pragma once

#include "program.hpp"
#include "tensor.hpp"

namespace opencl {

/// Whether this library has it.
#ifdef BITGATE_CLBLAST
inline constexpr bool kHasBlas = true;
#else
inline constexpr bool kHasBlas = false;
#endif

/// y = x w^T, one row of x by sgemv, several by sgemm. CLBlast's kernels are compiled now.
void add_blas_matmul(const ClTensor& w, const ClTensor& x, const ClTensor& y, ClProgram& program);

}  // namespace opencl

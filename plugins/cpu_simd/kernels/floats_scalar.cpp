// The float kernels in plain C++.
#include "kernels/lanes/scalar.hpp"
// The lanes first.
#include "kernels/attention.hpp"

namespace cpu_simd {

const FloatKernels kScalarFloats = floats("scalar");

}  // namespace cpu_simd

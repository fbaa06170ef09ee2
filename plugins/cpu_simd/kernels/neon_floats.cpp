// The float kernels on NEON.
#include "kernels/lanes/neon.hpp"
// The lanes first.
#include "kernels/attention.hpp"

namespace cpu_simd {

const FloatKernels kNeonFloats = floats("neon");

}  // namespace cpu_simd

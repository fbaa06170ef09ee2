// The float kernels on AVX2 with FMA and F16C.
#include "kernels/lanes/avx2.hpp"
// The lanes first.
#include "kernels/attention.hpp"

namespace cpu_simd {

const FloatKernels kAvx2Floats = floats("avx2");

}  // namespace cpu_simd

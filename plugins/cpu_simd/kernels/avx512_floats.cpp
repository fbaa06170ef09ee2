// The float kernels on AVX-512.
#include "kernels/lanes/avx512.hpp"
// The lanes first.
#include "kernels/attention.hpp"

namespace cpu_simd {

const FloatKernels kAvx512Floats = floats("avx512");

}  // namespace cpu_simd

// What this processor and operating system can run.
#pragma once

#include <string>
#include <vector>

namespace cpu_simd {

/// Instruction sets that kernels ask for, by the names that people know: "AVX2", "FMA", "F16C",
/// "AVX-512 F", "AVX-512 BW", "AVX-512 VL", "AVX-512 VNNI", "AVX-512 VBMI", "AVX-512 BF16", "NEON",
/// "NEON dot product". Present only if the CPU has it and the system saves its registers.
const std::vector<std::string>& cpu_features();

/// Those of `wanted` that are not there.
std::vector<std::string> missing_features(const std::vector<std::string>& wanted);

}  // namespace cpu_simd

#include "registry.hpp"

#include <algorithm>

#include "cpu_features.hpp"

namespace cpu_simd {
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

#if defined(__x86_64__)
KernelTable avx512vnni_kernels() {
  KernelTable kernels = kAvx2Kernels;
  std::copy(std::begin(kAvx512VnniKernels.panels), std::end(kAvx512VnniKernels.panels),
            std::begin(kernels.panels));
  kernels.quantize_i2_s = kAvx512VnniKernels.quantize_i2_s;
  kernels.gemv_i2_s = kAvx512VnniKernels.gemv_i2_s;
  kernels.gemm_i2_s = kAvx512VnniKernels.gemm_i2_s;
  kernels.matmul_f32 = kAvx512VnniKernels.matmul_f32;
  return kernels;
}
#endif

}  // namespace

std::string Implementation::obstacle() const {
  const std::vector<std::string> missing = missing_features(requires_);
  if (missing.empty()) return {};
  return "cpu/" + name + " needs " + listed(requires_) + "; this CPU or system lacks " +
         listed(missing);
}

const std::vector<Implementation>& implementations() {
  static const std::vector<Implementation> all = {
#if defined(__x86_64__)
    {"avx512vnni",
     "AVX-512 with VNNI, 16 rows a vector",
     {"AVX2", "FMA", "AVX-512 F", "AVX-512 BW", "AVX-512 VL", "AVX-512 VNNI"},
     avx512vnni_kernels()},
    {"avx2", "AVX2 and FMA, 8 rows a vector", {"AVX2", "FMA"}, kAvx2Kernels},
#endif
    {"scalar", "plain C++, not vectorised", {}, kScalarKernels},
  };
  return all;
}

const Implementation& best() {
  const auto& all = implementations();
  return *std::find_if(all.begin(), all.end(), [](const Implementation& implementation) {
    return implementation.obstacle().empty();
  });
}

const Implementation* find(std::string_view name) {
  const auto& all = implementations();
  const auto found = std::find_if(
      all.begin(), all.end(),
      [&](const Implementation& implementation) { return implementation.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace cpu_simd

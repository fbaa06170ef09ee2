#include "registry.hpp"

#include <algorithm>

#include "cpu_features.hpp"
#include "float_kernels.hpp"

namespace cpu_simd {
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

#if defined(__x86_64__) || defined(__aarch64__)
template <class Function>
void take(Kernel<Function>& kernel, const Kernel<Function>& other) {
  if (kernel.run == nullptr) kernel = other;
}
void take(TileKernels& kernels, const TileKernels& other) {
  if (kernels.columns == 0) kernels = other;
}

/// What `table` lacks from `other`.
KernelTable over(KernelTable table, const KernelTable& other) {
  take(table.two_bit, other.two_bit);
  take(table.five_trit, other.five_trit);
  take(table.copy_sum, other.copy_sum);
  take(table.abs_sum, other.abs_sum);
  take(table.quantize_ternary, other.quantize_ternary);
  take(table.dequantize_ternary, other.dequantize_ternary);
  take(table.quantize_i8, other.quantize_i8);
  take(table.dequantize_i8, other.dequantize_i8);
  take(table.pack_i2_s, other.pack_i2_s);
  take(table.quantize_f16, other.quantize_f16);
  take(table.dequantize_f16, other.dequantize_f16);
  take(table.quantize_bf16, other.quantize_bf16);
  take(table.dequantize_bf16, other.dequantize_bf16);
  take(table.matmul_f16, other.matmul_f16);
  take(table.matmul_bf16, other.matmul_bf16);
  return table;
}

#endif

KernelTable with(KernelTable table, const FloatKernels& floats) {
  table.floats = &floats;
  return table;
}

#if defined(__x86_64__)
bool have(const char* feature) { return missing_features({feature}).empty(); }

/// VNNI's kernels, with those of VBMI and BF16 where this CPU has them too, over AVX2's.
KernelTable avx512vnni_kernels() {
  KernelTable kernels = {};
  if (have("AVX-512 VBMI")) kernels = over(kernels, kAvx512VbmiKernels);
  if (have("AVX-512 BF16")) kernels = over(kernels, kAvx512Bf16Kernels);
  return with(over(over(kernels, kAvx512VnniKernels), kAvx2Kernels), kAvx512Floats);
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
     {"AVX2", "FMA", "F16C", "AVX-512 F", "AVX-512 BW", "AVX-512 VL", "AVX-512 VNNI"},
     avx512vnni_kernels()},
    {"avx2",
     "AVX2 and FMA, 8 rows a vector",
     {"AVX2", "FMA", "F16C"},
     with(kAvx2Kernels, kAvx2Floats)},
#elif defined(__aarch64__)
    {"neon-dotprod",
     "NEON with dot products, 4 rows a vector",
     {"NEON", "NEON dot product"},
     with(over(kNeonDotprodKernels, kNeonKernels), kNeonFloats)},
    {"neon", "NEON, 4 rows a vector", {"NEON"}, with(kNeonKernels, kNeonFloats)},
#endif
    {"scalar", "plain C++, not vectorised", {}, with(kScalarKernels, kScalarFloats)},
  };
  return all;
}

const Implementation& best(const Implementation& fastest_allowed) {
  const Implementation* implementation = &fastest_allowed;
  while (!implementation->obstacle().empty()) ++implementation;
  return *implementation;
}

const Implementation* find(std::string_view name) {
  const auto& all = implementations();
  const auto found = std::find_if(
      all.begin(), all.end(),
      [&](const Implementation& implementation) { return implementation.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace cpu_simd

#include "cpu_features.hpp"

#include <algorithm>
#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace cpu_simd {
namespace {

#if defined(__x86_64__)
struct Registers {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
};

Registers cpuid(unsigned leaf, unsigned subleaf) {
  Registers r;
  if (__get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx) == 0) return {};
  return r;
}

/// Register state that the operating system saves (XCR0).
std::uint64_t saved_state() {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return std::uint64_t{high} << 32 | low;
}

bool bit(unsigned value, int index) { return (value >> index & 1) != 0; }

std::vector<std::string> detect() {
  std::vector<std::string> found;
  const Registers basic = cpuid(1, 0);
  const bool os_saves = bit(basic.ecx, 27);  // OSXSAVE
  const std::uint64_t state = os_saves ? saved_state() : 0;
  constexpr std::uint64_t kAvxState = 0x6;      // SSE, AVX
  constexpr std::uint64_t kAvx512State = 0xE6;  // and opmask, upper halves, upper registers
  const Registers extended = cpuid(7, 0);
  if ((state & kAvxState) == kAvxState) {
    if (bit(extended.ebx, 5)) found.emplace_back("AVX2");
    if (bit(basic.ecx, 12)) found.emplace_back("FMA");
    if (bit(basic.ecx, 29)) found.emplace_back("F16C");
  }
  if ((state & kAvx512State) == kAvx512State) {
    if (bit(extended.ebx, 16)) found.emplace_back("AVX-512 F");
    if (bit(extended.ebx, 30)) found.emplace_back("AVX-512 BW");
    if (bit(extended.ebx, 31)) found.emplace_back("AVX-512 VL");
    if (bit(extended.ecx, 11)) found.emplace_back("AVX-512 VNNI");
    if (bit(extended.ecx, 1)) found.emplace_back("AVX-512 VBMI");
    if (bit(cpuid(7, 1).eax, 5)) found.emplace_back("AVX-512 BF16");
  }
  return found;
}
#elif defined(__aarch64__)
/// What the system says that programs may use.
std::vector<std::string> detect() {
  std::vector<std::string> found;
  const unsigned long capabilities = ::getauxval(AT_HWCAP);
  if ((capabilities & HWCAP_ASIMD) != 0) found.emplace_back("NEON");
  if ((capabilities & HWCAP_ASIMDDP) != 0) found.emplace_back("NEON dot product");
  return found;
}
#else
std::vector<std::string> detect() { return {}; }
#endif

}  // namespace

const std::vector<std::string>& cpu_features() {
  static const std::vector<std::string> features = detect();
  return features;
}

std::vector<std::string> missing_features(const std::vector<std::string>& wanted) {
  std::vector<std::string> missing;
  const std::vector<std::string>& have = cpu_features();
  for (const std::string& feature : wanted) {
    if (std::find(have.begin(), have.end(), feature) == have.end()) missing.push_back(feature);
  }
  return missing;
}

}  // namespace cpu_simd

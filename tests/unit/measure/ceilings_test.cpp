#include "measure/ceilings.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "measure/ceiling_kernels.hpp"
#include "measure/machine.hpp"
#include "support/catch.hpp"

#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

using namespace bitgate;

namespace {

/// The kernels that this processor can run.
std::vector<const CeilingKernels*> runnable() {
  std::vector<const CeilingKernels*> all = {&kCeilingScalar};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) all.push_back(&kCeilingAvx2);
  if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni")) {
    all.push_back(&kCeilingAvx512);
    if (__builtin_cpu_supports("avx512bf16")) all.push_back(&kCeilingAvx512Bf16);
  }
#elif defined(__aarch64__)
  all.push_back(&kCeilingNeon);
  if ((::getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0) all.push_back(&kCeilingNeonDotprod);
#endif
  return all;
}

bool plausible(const Ceilings& ceilings) {
  const auto positive = [](double value) { return std::isfinite(value) && value > 0; };
  return positive(ceilings.read_bandwidth) && positive(ceilings.int8_peak) &&
         positive(ceilings.f32_peak) && ceilings.bf16_peak >= ceilings.f32_peak;
}

}  // namespace

TEST_CASE("Every reading loop reads every word once and nothing beyond") {
  constexpr std::size_t kBytes = 2 * 16384;
  constexpr std::size_t kWords = kBytes / 8;
  // Exactly the block asked for, so that a sanitizer sees a read beyond it.
  struct alignas(64) Line {
    std::uint64_t words[8];
  };
  const auto lines = std::make_unique<Line[]>(kBytes / 64);
  std::uint64_t* words = lines[0].words;
  std::uint64_t folded = 0;
  for (std::size_t i = 0; i < kWords; ++i) {
    lines[i / 8].words[i % 8] = (i + 1) * 0x9E3779B97F4A7C15U;
    folded ^= (i + 1) * 0x9E3779B97F4A7C15U;
  }
  for (const CeilingKernels* kernels : runnable()) {
    for (ReadLoop* read : kernels->reads) {
      if (read == nullptr) continue;
      CHECK(read(words, kBytes) == folded);
    }
  }
}

TEST_CASE("Every peak loop ends and says how much it did") {
  for (const CeilingKernels* kernels : runnable()) {
    for (const PeakLoop& loop :
         {kernels->int8[0], kernels->int8[1], kernels->f32[0], kernels->f32[1]}) {
      if (loop.run == nullptr) continue;
      CHECK(loop.per_iteration > 0);
      CHECK(loop.run(1000) == 1000);
    }
  }
}

TEST_CASE("Ceilings are measured for any number of threads, again and again") {
  CeilingProbe probe;
  CHECK(plausible(probe.measure(1)));
  CHECK(plausible(probe.measure(usable_cores())));
  CHECK(plausible(probe.measure(1)));
  CHECK(plausible(probe.measure(0)));       // one at least
  CHECK(plausible(probe.measure(100000)));  // all cores at most
}

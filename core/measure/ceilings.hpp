// What this machine can do right now: the bounds that a kernel's speed is a share of.
#pragma once

#include <memory>

#include "receipt/receipt.hpp"

namespace bitgate {

/// Measures ceilings with its own kernels on its own threads, pinned one to a core, parked between
/// calls. Owns a buffer of four times the last-level cache for the read bandwidth.
///
/// read_bandwidth: streaming reads of memory that is in no cache, bytes/s. int8_peak and f32_peak:
/// multiply-adds/s from registers with the best instructions that this CPU has. For int8: vpdpbusd;
/// else vpmaddubsw, without the additions that a kernel also pays for; on ARM sdot, else smlal;
/// else int16 lanes of the baseline instruction set. bf16_peak: vdpbf16ps, or f32_peak where that
/// is missing and bf16 factors are widened. Each figure is the best of at least six short passes: a
/// ceiling is what can be reached.
class CeilingProbe {
 public:
  CeilingProbe();
  ~CeilingProbe();
  CeilingProbe(const CeilingProbe&) = delete;  // owns threads
  CeilingProbe& operator=(const CeilingProbe&) = delete;

  /// With this many threads, at most one a core. Takes about 80 ms; longer where the caches are
  /// larger than 64 MiB.
  [[nodiscard]] Ceilings measure(unsigned threads);
  /// The read bandwidth alone, in about 15 ms: for one that changes within a measurement.
  [[nodiscard]] double read_bandwidth(unsigned threads);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// The best of both: a ceiling is what can be reached.
Ceilings best_of(const Ceilings& a, const Ceilings& b);

/// Cores that this process may use (affinity and cgroup quota), at least 1.
unsigned usable_cores();
/// Last-level caches that data must fill to be read from memory time and again. Where lines are
/// replaced at random, a walk around twice the cache still finds a fifth of it there, one around
/// four times the cache a fiftieth.
inline constexpr std::uint64_t kColdCaches = 4;
/// Bytes of the last-level caches of those cores together, as the system reports them; 32 MiB if it
/// does not.
std::uint64_t last_level_cache();

}  // namespace bitgate

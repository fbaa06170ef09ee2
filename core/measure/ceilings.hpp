// What this machine can do right now: the bounds that a kernel's speed is a share of.
#pragma once

#include <memory>

#include "receipt/receipt.hpp"

namespace bitgate {

/// Measures ceilings with its own kernels on its own threads, pinned one to a core, parked between
/// calls. Owns a buffer of more than twice the last-level cache for the read bandwidth.
///
/// read_bandwidth: streaming reads of the whole buffer, bytes/s. int8_peak and f32_peak: multiply-
/// adds/s from registers with the widest instructions that this CPU has (vpdpbusd; else vpmaddubsw
/// accumulated in int16, which ternary codes allow; else plain C++).
/// Each figure is the best of several short passes: a ceiling is what can be reached.
class CeilingProbe {
 public:
  CeilingProbe();
  ~CeilingProbe();
  CeilingProbe(const CeilingProbe&) = delete;  // owns threads
  CeilingProbe& operator=(const CeilingProbe&) = delete;

  /// Takes about 60 ms.
  [[nodiscard]] Ceilings measure(unsigned threads);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Cores that this process may use (affinity and cgroup quota), at least 1.
unsigned usable_cores();
/// Bytes of the last-level cache as the system reports it; 32 MiB if it does not.
std::uint64_t last_level_cache();

}  // namespace bitgate

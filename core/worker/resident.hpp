// How much memory this process has held at once, as the system counts it (proc(5), VmHWM): also
// what it has mapped of files, if it was touched.
#pragma once

#include <cstdint>

namespace bitgate::worker {

/// Since the process started, or since forget_peak_resident. Throws std::runtime_error if the
/// system does not say.
std::uint64_t peak_resident_bytes();

/// From now on the peak is that of what comes; where the system forbids that, the old one stays.
void forget_peak_resident();

}  // namespace bitgate::worker

// What a device's own clock says of a sample, and whether it can be true.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace bitgate::worker {

/// See bg_device_times in abi.h; empty: the device does not tell.
struct DeviceTime {
  std::optional<std::uint64_t> queued_ns;
  std::optional<std::uint64_t> submitted_ns;
  std::uint64_t execution_ns = 0;
};

/// Why no right clock can say this of work that took `wall_ns` from before `run` to after
/// `synchronize` by the host's; empty if one can. A device may say less than the host, since the
/// host waits for more than the device does, but no more: beyond what two honest clocks are apart
/// (0.1 % and 1 us), and nothing but 0 only of what is too short to be seen (1 ms).
std::string implausible_clock(const DeviceTime& device, std::uint64_t wall_ns);

}  // namespace bitgate::worker

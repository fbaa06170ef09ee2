#include "worker/device_time.hpp"

#include <fmt/format.h>

namespace bitgate::worker {

std::string implausible_clock(const DeviceTime& device, std::uint64_t wall_ns) {
  constexpr double kDrift = 1e-3;
  constexpr double kStepNs = 1e3;
  constexpr double kSeenNs = 1e6;
  const auto wall = static_cast<double>(wall_ns);
  // As doubles: the sum of what a wrong clock says need not fit into 64 bits.
  const double said = static_cast<double>(device.queued_ns.value_or(0)) +
                      static_cast<double>(device.submitted_ns.value_or(0)) +
                      static_cast<double>(device.execution_ns);
  if (said > wall * (1 + kDrift) + kStepNs) {
    return fmt::format(
        "implausible clock: the device says {:.6g} ms of work that took {:.6g} ms by the host's "
        "clock",
        said / 1e6, wall / 1e6);
  }
  if (device.execution_ns == 0 && wall >= kSeenNs) {
    return fmt::format("implausible clock: the device's stands still over {:.6g} ms of the host's",
                       wall / 1e6);
  }
  return {};
}

}  // namespace bitgate::worker

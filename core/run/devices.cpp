#include "run/devices.hpp"

#include <algorithm>

#include "measure/ceilings.hpp"

namespace bitgate {

const worker::DeviceInfo* find_device(const std::vector<worker::DeviceInfo>& devices,
                                      const std::string& id) {
  if (id.empty()) return devices.empty() ? nullptr : &devices.front();
  const auto found =
      std::find_if(devices.begin(), devices.end(),
                   [&](const worker::DeviceInfo& device) { return device.id == id; });
  return found == devices.end() ? nullptr : &*found;
}

std::string device_names(const std::vector<worker::DeviceInfo>& devices) {
  std::string names;
  for (const worker::DeviceInfo& device : devices) names += (names.empty() ? "" : ", ") + device.id;
  return names.empty() ? "none" : names;
}

unsigned threads_on(const worker::DeviceInfo& device, const Case& what) {
  return what.threads == 0 ? std::min(device.units, usable_cores()) : what.threads;
}

}  // namespace bitgate

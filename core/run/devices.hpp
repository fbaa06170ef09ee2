// The device and the threads of a case, among those that a plugin has.
#pragma once

#include <string>
#include <vector>

#include "pipeline/expand.hpp"
#include "worker/backend_client.hpp"

namespace bitgate {

/// The device with this id, the first if it is empty; nullptr if there is none.
const worker::DeviceInfo* find_device(const std::vector<worker::DeviceInfo>& devices,
                                      const std::string& id);
/// "cpu/auto, cpu/scalar", "none".
std::string device_names(const std::vector<worker::DeviceInfo>& devices);

/// Threads of a case on a device: "all" is one a core, and no more than the device has.
unsigned threads_on(const worker::DeviceInfo& device, const Case& what);

}  // namespace bitgate

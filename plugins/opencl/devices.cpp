#include "devices.hpp"

#include <algorithm>
#include <string>

namespace opencl {
namespace {

/// GPUs first: who asks for OpenCL without naming a device means one.
int preference(cl_device_type type) {
  if ((type & CL_DEVICE_TYPE_GPU) != 0) return 0;
  return (type & CL_DEVICE_TYPE_CPU) != 0 ? 2 : 1;
}

std::vector<cl_platform_id> platforms() {
  cl_uint count = 0;
  const cl_int status = clGetPlatformIDs(0, nullptr, &count);
  if (status != CL_SUCCESS || count == 0) {
    const std::string why = status == CL_SUCCESS ? "it lists no platform" : name_of(status);
    throw bitgate::Error(
        BG_UNAVAILABLE,
        "no-gpu-available: no OpenCL driver: the loader looks for drivers in /etc/OpenCL/vendors "
        "(or where OCL_ICD_VENDORS says) and found none (" +
            why + "); install the device's driver, or PoCL for the CPU");
  }
  std::vector<cl_platform_id> found(count);
  check(clGetPlatformIDs(count, found.data(), nullptr), "clGetPlatformIDs");
  return found;
}

/// Why the device can't be used, empty if it can.
std::string obstacle(cl_device_id device) {
  if (device_info<cl_bool>(device, CL_DEVICE_AVAILABLE) == CL_FALSE) return "is not available";
  if (device_info<cl_bool>(device, CL_DEVICE_COMPILER_AVAILABLE) == CL_FALSE) {
    return "has no compiler";
  }
  if (device_info<cl_bool>(device, CL_DEVICE_ENDIAN_LITTLE) == CL_FALSE) return "is big-endian";
  const std::string version =
      device_text(device, CL_DEVICE_VERSION);  // "OpenCL 1.2 vendor's words"
  if (version < "OpenCL 1.2") return "has " + version + ", older than OpenCL 1.2";
  return {};
}

}  // namespace

std::vector<FoundDevice> find_devices(bool only_gpus) {
  std::vector<FoundDevice> found;
  std::string refused;
  for (const cl_platform_id platform : platforms()) {
    cl_uint count = 0;
    const cl_int status = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, &count);
    if (status == CL_DEVICE_NOT_FOUND || count == 0) continue;
    check(status, "clGetDeviceIDs");
    std::vector<cl_device_id> handles(count);
    check(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, handles.data(), nullptr),
          "clGetDeviceIDs");
    for (const cl_device_id handle : handles) {
      const std::string name = device_text(handle, CL_DEVICE_NAME);
      if (const std::string why = obstacle(handle); !why.empty()) {
        refused += (refused.empty() ? "" : "; ") + name + " " + why;
        continue;
      }
      const auto type = device_info<cl_device_type>(handle, CL_DEVICE_TYPE);
      if (only_gpus && (type & CL_DEVICE_TYPE_GPU) == 0) {
        refused += (refused.empty() ? "" : "; ") + name + " is no GPU";
        continue;
      }
      const bool is_cpu = (type & CL_DEVICE_TYPE_CPU) != 0;
      const auto memory = device_info<cl_ulong>(handle, CL_DEVICE_GLOBAL_MEM_SIZE);
      found.push_back({handle,
                       is_cpu,
                       {{},
                        name + ", " + device_text(handle, CL_DEVICE_VERSION),
                        device_info<cl_uint>(handle, CL_DEVICE_MAX_COMPUTE_UNITS),
                        is_cpu ? 0 : memory}});
    }
  }
  if (found.empty()) {
    throw bitgate::Error(BG_UNAVAILABLE, refused.empty()
                                             ? "no-gpu-available: no OpenCL device: the drivers "
                                               "that are installed list none"
                                             : "no-gpu-available: no OpenCL device that can be "
                                               "used: " +
                                                   refused);
  }
  std::stable_sort(found.begin(), found.end(), [](const FoundDevice& a, const FoundDevice& b) {
    const auto rank = [](const FoundDevice& device) {
      return preference(device_info<cl_device_type>(device.handle, CL_DEVICE_TYPE));
    };
    return rank(a) < rank(b);
  });
  for (std::size_t i = 0; i < found.size(); ++i) {
    found[i].described.id = "opencl/" + std::to_string(i);
  }
  return found;
}

}  // namespace opencl

#include "opencl_stands.hpp"

#include "session.hpp"

std::vector<Stand> opencl_stands() {
  std::vector<Stand> found;
  try {
    const std::vector<opencl::FoundDevice> devices = opencl::find_devices(false);
    const opencl::FoundDevice& first = devices.front();
    const unsigned units = first.described.units;
    found.push_back(
        {"opencl, cores", opencl::open_session(first, units, opencl::Cut::cores(), false)});
    found.push_back(
        {"opencl, lanes", opencl::open_session(first, units, opencl::Cut::lanes(), false)});
  } catch (const bitgate::Error& error) {
    if (error.status() != BG_UNAVAILABLE) throw;
  }
  return found;
}

#include "worker/resident.hpp"

#include <fstream>
#include <stdexcept>
#include <string>

namespace bitgate::worker {

std::uint64_t peak_resident_bytes() {
  std::ifstream status("/proc/self/status");
  const std::string key = "VmHWM:";
  for (std::string word; status >> word;) {
    std::uint64_t kib = 0;
    if (word == key && status >> kib) return kib << 10;
  }
  throw std::runtime_error("/proc/self/status does not say VmHWM");
}

void forget_peak_resident() {
  // "5": reset the peak to what is resident now.
  std::ofstream("/proc/self/clear_refs") << "5";
}

}  // namespace bitgate::worker

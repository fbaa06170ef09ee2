#include "measure/environment.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include <fmt/format.h>

#include "base/version.hpp"
#include "measure/ceilings.hpp"
#include "measure/sampling.hpp"

namespace bitgate {
namespace {

/// First line of a file; empty if it can't be read.
std::string first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

/// The value of "name : value" in /proc/cpuinfo or /proc/meminfo.
std::string proc_value(const std::string& path, const std::string& name) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || !line.starts_with(name)) continue;
    const std::size_t end = line.find_last_not_of(" \t", colon - 1);
    if (line.substr(0, end + 1) != name) continue;
    const std::size_t start = line.find_first_not_of(" \t", colon + 1);
    return start == std::string::npos ? "" : line.substr(start);
  }
  return "";
}

/// Those of the CPU's flags that kernels choose by.
std::string isa_flags() {
  const std::string flags = " " + proc_value("/proc/cpuinfo", "flags") + " ";
  std::string found;
  for (const char* flag : {"avx2", "fma", "avx_vnni", "avx512f", "avx512bw", "avx512vl",
                           "avx512_vnni", "avx512_vbmi", "avx512_bf16", "amx_int8"}) {
    if (flags.find(" " + std::string(flag) + " ") == std::string::npos) continue;
    found += (found.empty() ? "" : " ") + std::string(flag);
  }
  return found;
}

std::string os_name() {
  std::ifstream in("/etc/os-release");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("PRETTY_NAME=")) continue;
    std::string name = line.substr(12);
    std::erase(name, '"');
    return name;
  }
  return "";
}

/// Share of CPU time since boot that the hypervisor gave to others; < 0: unknown.
double steal_share() {
  std::istringstream line(first_line("/proc/stat"));
  std::string label;
  line >> label;
  double total = 0;
  double steal = -1;
  double value = 0;
  constexpr int kStealField = 7;
  constexpr int kFields = 8;  // guest time behind them is contained in user time
  for (int field = 0; field < kFields && line >> value; ++field) {
    total += value;
    if (field == kStealField) steal = value;
  }
  return total > 0 && steal >= 0 ? steal / total : -1;
}

class Reader {
 public:
  Environment read() {
    read_cpu();
    read_memory();
    read_system();
    read_build();
    return std::move(environment_);
  }

 private:
  void fact(const char* name, const std::string& value) {
    if (!value.empty()) environment_.facts.emplace_back(name, value);
  }
  void warn(std::string text) { environment_.warnings.push_back(std::move(text)); }

  void read_cpu() {
    fact("cpu.model", proc_value("/proc/cpuinfo", "model name"));
    fact("cpu.isa", isa_flags());
    fact("cpu.cores", std::to_string(usable_cores()));
    fact("cpu.llc", fmt::format("{} MiB", last_level_cache() >> 20));
    const std::string smt = first_line("/sys/devices/system/cpu/smt/active");
    fact("cpu.smt", smt.empty() ? "" : (smt == "1" ? "on" : "off"));
    const std::string governor =
        first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    fact("cpu.governor", governor);
    if (!governor.empty() && governor != "performance") {
      warn(
          fmt::format("the CPU governor is '{}', so clocks vary: set it to performance", governor));
    }
  }

  void read_memory() {
    fact("memory.total", proc_value("/proc/meminfo", "MemTotal"));
    fact("memory.hugepages", first_line("/sys/kernel/mm/transparent_hugepage/enabled"));
  }

  void read_system() {
    utsname name{};
    if (::uname(&name) == 0) fact("kernel", fmt::format("{} {}", name.sysname, name.release));
    fact("os", os_name());
    const std::string flags = " " + proc_value("/proc/cpuinfo", "flags") + " ";
    const bool virtualised = flags.find(" hypervisor ") != std::string::npos;
    fact("virtualisation", virtualised ? "virtual machine" : "none seen");
    fact("clock.tick", fmt::format("{:g} ns", clock_tick_ns()));

    const std::string load = first_line("/proc/loadavg");
    fact("load", load.substr(0, load.find(' ')));
    const double busy = load.empty() ? 0 : std::stod(load);
    if (busy > 0.5 * usable_cores()) {
      warn(fmt::format("the load average is {:g} on {} cores: other work disturbs the timings",
                       busy, usable_cores()));
    }
    const double steal = steal_share();
    if (steal >= 0) fact("steal", fmt::format("{:.2f}%", steal * 100));
    if (steal > 0.02) {
      warn(fmt::format("the hypervisor has given {:.1f}% of this machine's time to others",
                       steal * 100));
    }
  }

  void read_build() {
    fact("build", std::string(tool_build()));
    const std::string_view build = tool_build();
    if (build.find("sanitizers") != std::string_view::npos ||
        build.find("Debug") != std::string_view::npos) {
      warn(fmt::format("this bitgate is a slow build ({}): its timings mean nothing", build));
    }
  }

  Environment environment_;
};

}  // namespace

Environment read_environment() { return Reader().read(); }

}  // namespace bitgate

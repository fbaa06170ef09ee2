#include "measure/environment.hpp"

#include <sys/utsname.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/command.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "measure/ceilings.hpp"
#include "measure/machine.hpp"
#include "measure/sampling.hpp"

namespace bitgate {
namespace {

constexpr double kMuchSteal = 0.02;
constexpr double kMuchLoad = 0.5;  // runnable tasks a core
constexpr double kMuchPressure = 0.1;

/// The value of "name : value" in /proc/cpuinfo or /proc/meminfo.
std::string proc_value(const std::string& path, std::string_view name) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || !line.starts_with(name)) continue;
    if (line.find_first_not_of(" \t", name.size()) != colon) continue;
    const std::size_t start = line.find_first_not_of(" \t", colon + 1);
    return start == std::string::npos ? "" : line.substr(start);
  }
  return "";
}

bool has_word(const std::string& words, const std::string& word) {
  return (" " + words + " ").find(" " + word + " ") != std::string::npos;
}

/// Those of the CPU's flags that kernels choose by.
std::string isa_of(const std::string& flags) {
  std::string found;
  for (const char* flag :
       {"avx2", "fma", "avx_vnni", "avx512f", "avx512bw", "avx512vl", "avx512_vnni", "avx512_vbmi",
        "avx512_bf16", "amx_int8", "asimd", "asimddp", "i8mm"}) {
    if (has_word(flags, flag)) found += (found.empty() ? "" : " ") + std::string(flag);
  }
  return found;
}

std::string virtualisation(const std::string& flags) {
  if (!has_word(flags, "hypervisor")) return flags.empty() ? "" : "none seen";
  const std::string vendor = first_line("/sys/class/dmi/id/sys_vendor");
  return vendor.empty() ? "virtual machine" : fmt::format("virtual machine ({})", vendor);
}

std::string memory_total() {
  double kib = 0;
  if (!(std::istringstream(proc_value("/proc/meminfo", "MemTotal")) >> kib)) return "";
  return fmt::format("{:.1f} GiB", kib / 1048576.0);
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

std::optional<double> load_average() {
  double load = 0;
  if (!(std::istringstream(first_line("/proc/loadavg")) >> load)) return {};
  return load;
}

/// Share of CPU time since boot that the hypervisor gave to others.
std::optional<double> steal_share() {
  // "cpu user nice system idle iowait irq softirq steal …"; guest time behind them is user time
  // too.
  std::istringstream line(first_line("/proc/stat"));
  std::string label;
  line >> label;
  double total = 0;
  double value = 0;
  for (int field = 0; field < 8; ++field) {
    if (!(line >> value)) return {};
    total += value;
  }
  if (total <= 0) return {};
  return value / total;
}

/// What git prints here in one line; empty outside of a repository and without git. Nothing of the
/// repository's own runs.
std::optional<std::string> git(std::vector<std::string> arguments) {
  constexpr std::size_t kMostOutput = 1U << 20;
  arguments.insert(arguments.begin(), {"git", "-c", "core.fsmonitor=false"});
  try {
    std::string out = command_output(arguments, kMostOutput);
    return out.substr(0, out.find('\n'));
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

class Reader {
 public:
  Environment read() {
    read_cpu();
    read_system();
    read_build();
    read_repository();
    environment_.warnings = warnings_about(state_);
    return std::move(environment_);
  }

 private:
  void fact(const char* name, const std::string& value) {
    if (!value.empty()) environment_.facts.emplace_back(name, to_utf8(value));
  }

  void read_cpu() {
    const std::string flags = proc_value("/proc/cpuinfo", "flags");
    state_.cores = static_cast<unsigned>(allowed_cores().size());
    state_.quota = cpu_quota();
    state_.governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    fact("cpu.model", proc_value("/proc/cpuinfo", "model name"));
    fact("cpu.isa", isa_of(flags.empty() ? proc_value("/proc/cpuinfo", "Features") : flags));
    fact("cpu.microcode", proc_value("/proc/cpuinfo", "microcode"));
    fact("cpu.cores", std::to_string(state_.cores));
    fact("cpu.quota", state_.quota ? fmt::format("{:g} cores", *state_.quota) : "none");
    fact("cpu.governor", state_.governor);
    const std::string smt = first_line("/sys/devices/system/cpu/smt/active");
    fact("cpu.smt", smt.empty() ? "" : (smt == "1" ? "on" : "off"));
    fact("cpu.llc", fmt::format("{} MiB", last_level_cache() >> 20));
    fact("memory.total", memory_total());
    fact("memory.hugepages", first_line("/sys/kernel/mm/transparent_hugepage/enabled"));
    fact("virtualisation", virtualisation(flags));
    const auto throttled = throttle_count(allowed_cores());
    fact("cpu.throttled", throttled ? fmt::format("{} times since boot", *throttled) : "");
    const auto heat = temperature();
    fact("temperature", heat ? fmt::format("{:.0f} °C", *heat) : "");
  }

  void read_system() {
    utsname name{};
    if (::uname(&name) == 0) fact("kernel", fmt::format("{} {}", name.sysname, name.release));
    fact("os", os_name());
    fact("clock.tick", fmt::format("{:g} ns", clock_tick_ns()));
    const std::optional<double> load = load_average();
    state_.load = load.value_or(0);
    fact("load", load ? fmt::format("{:g}", *load) : "");
    const std::optional<double> steal = steal_share();
    state_.steal = steal.value_or(0);
    fact("steal", steal ? fmt::format("{:.2f}%", *steal * 100) : "");
    const std::optional<double> pressure = cpu_pressure();
    state_.pressure = pressure.value_or(0);
    fact("pressure.cpu", pressure ? fmt::format("{:.2f}%", *pressure * 100) : "");
  }

  void read_build() {
    const std::string_view build = tool_build();
    state_.build_type = build_type_of(build).value_or("");
    fact("build.compiler", std::string(build.substr(0, build.rfind(", "))));
    fact("build.type", state_.build_type);
    fact("build.flags", std::string(tool_flags()));
    const char* judged = std::getenv("BITGATE_JUDGE_DEBUG");
    if (judged != nullptr && std::string_view(judged) == "1") {
      fact(kJudgeDebug, "as BITGATE_JUDGE_DEBUG=1 asks for");
    }
  }

  /// Of what is measured, as far as the directory is a repository of it.
  void read_repository() {
    const auto commit = git({"rev-parse", "--verify", "--quiet", "HEAD"});
    if (!commit) return;
    const auto changes = git({"status", "--porcelain", "--untracked-files=no"});
    fact("git.commit", *commit);
    fact("git.state", !changes ? "unknown" : changes->empty() ? "clean" : "changed");
  }

  Environment environment_;
  MachineState state_;
};

}  // namespace

Environment read_environment() { return Reader().read(); }

std::optional<std::string_view> build_type_of(std::string_view build) {
  const std::size_t comma = build.rfind(", ");
  if (comma == std::string_view::npos) return std::nullopt;
  return build.substr(comma + 2);
}

bool is_unoptimized(std::string_view build_type) {
  return build_type.empty() || build_type.starts_with("Debug") || build_type == "unoptimized";
}

std::vector<std::string> warnings_about(const MachineState& state) {
  std::vector<std::string> warnings;
  const std::string& build = state.build_type;
  if (is_unoptimized(build) || build.find("sanitizers") != std::string::npos) {
    warnings.push_back(fmt::format(
        "timings of this build mean nothing: its type is '{}'; use the release preset", build));
  }
  if (!state.governor.empty() && state.governor != "performance") {
    warnings.push_back(
        fmt::format("the CPU governor is '{}', so clocks vary: run "
                    "`cpupower frequency-set -g performance` as root",
                    state.governor));
  }
  if (state.quota && *state.quota < state.cores) {
    warnings.push_back(fmt::format(
        "the control group allows {:g} of {} cores, and more threads are stopped for parts of "
        "every period: raise the quota (docker --cpus, systemd CPUQuota) or use fewer threads",
        *state.quota, state.cores));
  }
  if (state.load > kMuchLoad * state.cores) {
    warnings.push_back(
        fmt::format("the load average is {:g} on {} cores, so other work disturbs "
                    "the timings: end it, or run again when it is over",
                    state.load, state.cores));
  }
  if (state.pressure > kMuchPressure) {
    warnings.push_back(fmt::format(
        "tasks waited for a core in {:.0f}% of the last ten seconds: end other work, or "
        "keep cores for bitgate (taskset, cpusets)",
        state.pressure * 100));
  }
  if (state.steal > kMuchSteal) {
    warnings.push_back(
        fmt::format("the hypervisor has given {:.1f}% of this machine's time to "
                    "others: prefer ratios of one run to times, or take a dedicated "
                    "machine",
                    state.steal * 100));
  }
  return warnings;
}

}  // namespace bitgate

#include "measure/machine.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "measure/ceilings.hpp"

namespace bitgate {
namespace {

namespace fs = std::filesystem;

std::optional<double> ratio(const std::string& quota, const std::string& period) {
  double used = 0;
  double of = 0;
  if (!(std::istringstream(quota) >> used) || !(std::istringstream(period) >> of)) return {};
  if (used <= 0 || of <= 0) return {};  // "max", -1: no limit
  return used / of;
}

std::optional<double> group_quota(const fs::path& group) {
  std::string quota;
  std::string period;
  if (std::istringstream(first_line(group / "cpu.max")) >> quota >> period) {
    return ratio(quota, period);
  }
  return ratio(first_line(group / "cpu.cfs_quota_us"), first_line(group / "cpu.cfs_period_us"));
}

/// The tightest quota of a group and all above it.
std::optional<double> tightest(const fs::path& mount, fs::path group) {
  std::optional<double> least;
  while (true) {
    const std::optional<double> quota = group_quota(mount / group.relative_path());
    if (quota && (!least || *quota < *least)) least = quota;
    if (!group.has_relative_path()) return least;
    group = group.parent_path();
  }
}

/// Which cores share the last-level cache of a core, in the system's words, and its size.
struct LastLevel {
  std::string sharers;
  std::uint64_t bytes = 0;
};

LastLevel last_level_of(int core, const fs::path& root) {
  LastLevel found;
  int highest = 0;
  const fs::path caches = root / fmt::format("sys/devices/system/cpu/cpu{}/cache", core);
  for (int index = 0;; ++index) {
    const fs::path cache = caches / fmt::format("index{}", index);
    int level = 0;
    std::uint64_t size = 0;
    char unit = 0;
    if (!(std::istringstream(first_line(cache / "level")) >> level)) return found;
    std::istringstream(first_line(cache / "size")) >> size >> unit;
    if (level <= highest || size == 0) continue;
    highest = level;
    found = {first_line(cache / "shared_cpu_list"), size << (unit == 'M' ? 20 : 10)};
  }
}

}  // namespace

const std::vector<int>& allowed_cores() {
  static const std::vector<int> cores = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    std::vector<int> found;
    if (::sched_getaffinity(0, sizeof(set), &set) == 0) {
      for (int core = 0; core < CPU_SETSIZE; ++core) {
        if (CPU_ISSET(core, &set)) found.push_back(core);
      }
    }
    if (found.empty()) found.push_back(0);
    return found;
  }();
  return cores;
}

std::optional<double> cpu_quota(const fs::path& root) {
  std::optional<double> least;
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // "0::/a/b" or "4:cpu,cpuacct:/a/b"
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool is_v1 = ("," + controllers + ",").find(",cpu,") != std::string::npos;
    if (!is_v1 && !controllers.empty()) continue;
    const fs::path mount = root / "sys/fs/cgroup" / controllers;
    const std::optional<double> quota = tightest(mount, line.substr(second + 1));
    if (quota && (!least || *quota < *least)) least = quota;
  }
  return least;
}

std::uint64_t cache_of(std::span<const int> cores, const fs::path& root) {
  std::map<std::string, std::uint64_t> caches;
  for (const int core : cores) {
    const LastLevel cache = last_level_of(core, root);
    caches[cache.sharers] = cache.bytes;
  }
  std::uint64_t total = 0;
  for (const auto& [sharers, bytes] : caches) total += bytes;
  return total;
}

std::optional<double> cpu_pressure(const fs::path& root) {
  // "some avg10=0.12 avg60=0.05 avg300=0.01 total=12345"
  const std::string line = first_line(root / "proc/pressure/cpu");
  const std::string key = "some avg10=";
  double percent = 0;
  if (!line.starts_with(key) || !(std::istringstream(line.substr(key.size())) >> percent))
    return {};
  return percent / 100;
}

std::optional<std::uint64_t> throttle_count(std::span<const int> cores, const fs::path& root) {
  std::optional<std::uint64_t> total;
  for (const int core : cores) {
    std::uint64_t count = 0;
    const fs::path file = root / fmt::format("sys/devices/system/cpu/cpu{}", core) /
                          "thermal_throttle/core_throttle_count";
    if (std::istringstream(first_line(file)) >> count) total = total.value_or(0) + count;
  }
  return total;
}

std::optional<double> temperature(const fs::path& root) {
  std::optional<double> hottest;
  for (int zone = 0;; ++zone) {
    const fs::path file = root / fmt::format("sys/class/thermal/thermal_zone{}/temp", zone);
    double thousandths = 0;
    if (!fs::exists(file)) return hottest;
    if (!(std::istringstream(first_line(file)) >> thousandths)) continue;
    hottest = std::max(hottest.value_or(thousandths / 1000), thousandths / 1000);
  }
}

std::string first_line(const fs::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  const std::size_t start = line.find_first_not_of(" \t\r");
  if (start == std::string::npos) return "";
  return line.substr(start, line.find_last_not_of(" \t\r") - start + 1);
}

unsigned usable_cores() {
  const auto cores = static_cast<unsigned>(allowed_cores().size());
  const std::optional<double> quota = cpu_quota();
  if (!quota) return cores;
  return std::clamp(static_cast<unsigned>(std::ceil(*quota)), 1U, cores);
}

std::uint64_t last_level_cache() {
  static const std::uint64_t size = [] {
    const std::uint64_t listed = cache_of(allowed_cores());
    if (listed > 0) return listed;
    const long known = ::sysconf(_SC_LEVEL3_CACHE_SIZE);
    return known > 0 ? static_cast<std::uint64_t>(known) : std::uint64_t{32} << 20;
  }();
  return size;
}

}  // namespace bitgate

#include "measure/machine.hpp"

#include <filesystem>
#include <fstream>

#include "measure/ceilings.hpp"
#include "support/catch.hpp"
#include "support/program.hpp"

using namespace bitgate;

namespace {

/// A tree of files as a system shows it under /proc and /sys.
class System {
 public:
  System& with(const std::string& path, const std::string& content) {
    const std::filesystem::path full = directory_ / path;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << content << '\n';
    return *this;
  }
  System& with_cache(int core, int index, int level, const std::string& size,
                     const std::string& sharers) {
    const std::string cache = "sys/devices/system/cpu/cpu" + std::to_string(core) + "/cache/index" +
                              std::to_string(index) + "/";
    return with(cache + "level", std::to_string(level))
        .with(cache + "size", size)
        .with(cache + "shared_cpu_list", sharers);
  }
  [[nodiscard]] std::string root() const { return directory_.path(); }

 private:
  test::TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("Without a control group there is no quota") {
  System system;
  CHECK_FALSE(cpu_quota(system.root()).has_value());
  system.with("proc/self/cgroup", "0::/").with("sys/fs/cgroup/cpu.max", "max 100000");
  CHECK_FALSE(cpu_quota(system.root()).has_value());
}

TEST_CASE("Pressure, heat and throttling are read where the system shows them") {
  System system;
  const std::vector<int> cores = {0, 2};
  CHECK_FALSE(cpu_pressure(system.root()).has_value());
  CHECK_FALSE(throttle_count(cores, system.root()).has_value());
  CHECK_FALSE(temperature(system.root()).has_value());
  const std::string throttle = "/thermal_throttle/core_throttle_count";
  system.with("proc/pressure/cpu", "some avg10=12.50 avg60=3.00 avg300=1.00 total=12345\nfull x")
      .with("sys/devices/system/cpu/cpu0" + throttle, "3")
      .with("sys/devices/system/cpu/cpu1" + throttle, "100")
      .with("sys/devices/system/cpu/cpu2" + throttle, "4")
      .with("sys/class/thermal/thermal_zone0/temp", "41500")
      .with("sys/class/thermal/thermal_zone1/temp", "")
      .with("sys/class/thermal/thermal_zone2/temp", "67250");
  CHECK(cpu_pressure(system.root()) == 0.125);
  CHECK(throttle_count(cores, system.root()) == 7U);
  CHECK(temperature(system.root()) == 67.25);
}

TEST_CASE("A container's quota is read from cgroup v2") {
  System system;
  system.with("proc/self/cgroup", "0::/").with("sys/fs/cgroup/cpu.max", "150000 100000");
  CHECK(cpu_quota(system.root()) == 1.5);
}

TEST_CASE("The tightest quota of all groups above counts") {
  System system;
  system.with("proc/self/cgroup", "0::/user.slice/job.scope")
      .with("sys/fs/cgroup/user.slice/job.scope/cpu.max", "400000 100000")
      .with("sys/fs/cgroup/user.slice/cpu.max", "200000 100000");
  CHECK(cpu_quota(system.root()) == 2.0);
}

TEST_CASE("A quota is read from cgroup v1, also where the group's path is the host's") {
  System system;
  system.with("proc/self/cgroup", "5:memory:/docker/ab\n4:cpu,cpuacct:/docker/ab\n1:name=x:/")
      .with("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000")
      .with("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000");
  CHECK(cpu_quota(system.root()) == 0.5);
  system.with("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1");
  CHECK_FALSE(cpu_quota(system.root()).has_value());
}

TEST_CASE("The last-level cache is the highest level, whatever the order of the listing") {
  System system;
  system.with_cache(0, 0, 1, "32K", "0").with_cache(0, 1, 3, "32768K", "0-1");
  system.with_cache(0, 2, 2, "512K", "0");
  CHECK(cache_of(std::vector<int>{0}, system.root()) == 32U << 20);
}

TEST_CASE("A cache that cores share counts once, caches of their own are summed") {
  System system;
  system.with_cache(0, 0, 3, "16M", "0-1").with_cache(1, 0, 3, "16M", "0-1");
  system.with_cache(2, 0, 3, "8M", "2-3").with_cache(3, 0, 3, "8M", "2-3");
  CHECK(cache_of(std::vector<int>{0, 1}, system.root()) == 16U << 20);
  CHECK(cache_of(std::vector<int>{0, 1, 2, 3}, system.root()) == 24U << 20);
  CHECK(cache_of(std::vector<int>{3}, system.root()) == 8U << 20);
}

TEST_CASE("A system that lists no caches has a size of 0") {
  const System system;
  CHECK(cache_of(std::vector<int>{0, 1}, system.root()) == 0);
}

TEST_CASE("This machine has a core to use and a cache") {
  CHECK(usable_cores() >= 1);
  CHECK(usable_cores() <= allowed_cores().size());
  CHECK(last_level_cache() >= 1U << 18);
}

TEST_CASE("The first line of a file comes without blanks, and of no file it is empty") {
  System system;
  system.with("file", "  one two \nthree");
  CHECK(first_line(system.root() + "/file") == "one two");
  CHECK(first_line(system.root() + "/missing").empty());
}

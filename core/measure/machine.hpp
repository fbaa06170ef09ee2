// What this process may use of the machine, from what the system says about itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bitgate {

/// Numbers of the cores that this process was given, at least one: as of the first call, since a
/// plugin in this process may pin the thread that calls later.
const std::vector<int>& allowed_cores();

/// CPU time that the control groups above this process allow, in cores; nothing without a limit.
/// Knows cgroup v2 (cpu.max) and v1 (cpu.cfs_quota_us). `root` holds proc/ and sys/.
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

/// Bytes of the last-level caches of these cores together, each cache counted once; 0 if the system
/// does not say. `root` holds sys/.
std::uint64_t cache_of(std::span<const int> cores, const std::filesystem::path& root = "/");

/// Share of the last ten seconds in which some task waited for a core (Linux's pressure stall
/// information); nothing if the system does not say. `root` holds proc/.
std::optional<double> cpu_pressure(const std::filesystem::path& root = "/");

/// How often these cores were slowed down since boot because they were too hot; nothing if the
/// system does not say. `root` holds sys/.
std::optional<std::uint64_t> throttle_count(std::span<const int> cores,
                                            const std::filesystem::path& root = "/");

/// The hottest thermal zone in degrees Celsius; nothing if the system shows none. `root` holds
/// sys/.
std::optional<double> temperature(const std::filesystem::path& root = "/");

/// First line of a file, without blanks at its ends; empty if it can't be read.
std::string first_line(const std::filesystem::path& path);

}  // namespace bitgate

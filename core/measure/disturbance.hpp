// What comes between threads and their cores, as the kernel counts it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <vector>

#include "receipt/receipt.hpp"

namespace bitgate {

/// Counts from its making on, over the threads of some processes that live at both ends: the time
/// that they were ready to run and had no core (schedstat), and what the hypervisor took from all
/// cores (stat).
class DisturbanceMeter {
 public:
  /// `root` holds proc/.
  explicit DisturbanceMeter(std::vector<pid_t> processes, std::filesystem::path root = "/");

  /// Since it was made; nothing where the kernel does not count.
  [[nodiscard]] std::optional<Disturbance> read() const;

 private:
  struct Counts {
    double ran_ns = 0;
    double waited_ns = 0;
    double stolen = 0;  ///< in ticks, as all
    double all = 0;
  };
  [[nodiscard]] std::optional<Counts> count() const;

  std::vector<pid_t> processes_;
  std::filesystem::path root_;
  std::optional<Counts> start_;
};

}  // namespace bitgate

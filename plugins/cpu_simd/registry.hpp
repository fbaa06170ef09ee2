// The implementations that this build has, by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel_table.hpp"

namespace cpu_simd {

struct Implementation {
  std::string name;  ///< "avx2": device cpu/avx2
  std::string description;
  std::vector<std::string> requires_;  ///< features of cpu_features.hpp
  KernelTable kernels;

  /// Empty if this machine can run it, else a sentence that names what is missing.
  [[nodiscard]] std::string obstacle() const;
};

/// Fastest first; the last one, scalar, runs everywhere.
const std::vector<Implementation>& implementations();

/// The fastest that this machine can run, no faster than the given one of implementations().
const Implementation& best(const Implementation& fastest_allowed);

/// By name; nullptr if there is none.
const Implementation* find(std::string_view name);

}  // namespace cpu_simd

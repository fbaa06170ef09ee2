// A device, or a part of one, with its context and compiled kernels. Made once in a process, so
// that sessions come and go without compiling.
#pragma once

#include <set>
#include <string>

#include "cl.hpp"
#include "devices.hpp"

namespace opencl {

/// How work is cut for a device; kernels/common.cl has the same numbers.
struct Cut {
  bool wide;          ///< vectors of 16 rows a work item, as suits a processor's cores
  std::size_t group;  ///< items of a group that reduces something

  static constexpr Cut cores() { return {true, 1}; }
  static constexpr Cut lanes() { return {false, 64}; }

  [[nodiscard]] std::size_t block_rows() const { return wide ? 16 : 64; }  ///< of ternary weights
  [[nodiscard]] std::size_t block_items() const { return wide ? 1 : 64; }  ///< for so many rows
  [[nodiscard]] std::size_t slices() const { return wide ? 1 : 4; }        ///< of columns
};

class Engine {
 public:
  /// `units` of the device's compute units, all or fewer; only CPUs can be split. Throws
  /// bitgate::Error, with the compiler's words if it refuses a kernel.
  Engine(const FoundDevice& device, unsigned units, const Cut& cut);

  [[nodiscard]] cl_device_id device() const { return part_.get() ? part_.get() : whole_; }
  [[nodiscard]] cl_context context() const { return context_.get(); }
  [[nodiscard]] const Cut& cut() const { return cut_; }
  /// Whether the device computes in double.
  [[nodiscard]] bool has_double() const { return has_double_; }
  /// Whether a quotient is the nearest float.
  [[nodiscard]] bool divides_exactly() const { return has_double_ || correct_division_; }

  [[nodiscard]] KernelHandle kernel(const char* name) const;
  /// True the first time that it is asked for this name: drivers compile a kernel when it first
  /// runs.
  bool first_use(const std::string& name) { return used_.insert(name).second; }

 private:
  void build();

  cl_device_id whole_;
  DeviceHandle part_;
  Cut cut_;
  bool has_double_;
  bool correct_division_;
  Context context_;
  CompiledProgram program_;
  std::set<std::string> used_;
};

}  // namespace opencl

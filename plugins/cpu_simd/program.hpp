// Operations prepared to be run one after the other.
#pragma once

#include <bitgate/backend.hpp>

#include <memory>
#include <span>
#include <vector>

#include "operations.hpp"

namespace cpu_simd {

class CpuProgram : public bitgate::Program {
 public:
  /// Provides the tensors that they name, and the team's memory for them.
  CpuProgram(std::span<const bitgate::Op> ops, const KernelTable& kernels, ThreadTeam& team);

  std::span<const bitgate::Kernel> kernels() const override { return kernels_; }

  /// Throws bitgate::Error as its operations do.
  void run(ThreadTeam& team);

 private:
  /// Operations [begin, end): one, or several that are run by rows, together.
  struct Step {
    std::size_t begin;
    std::size_t end;
  };

  std::vector<std::unique_ptr<Operation>> operations_;
  std::vector<const RowOperation*> by_rows_;  // the same, null where not by rows
  std::vector<Step> steps_;
  std::vector<bitgate::Kernel> kernels_;
  std::vector<std::size_t> ends_;  // of each operation's kernels
};

}  // namespace cpu_simd

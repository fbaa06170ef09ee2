// Operations bound to tensors, ready to run on a team.
#pragma once

#include <bitgate/backend.hpp>

#include <memory>
#include <vector>

#include "kernel_table.hpp"
#include "tensor.hpp"
#include "thread_team.hpp"

namespace cpu_simd {

/// One prepared operation. `run` allocates nothing.
class Operation {
 public:
  virtual ~Operation() = default;
  virtual void run(ThreadTeam& team) = 0;
  /// The kernels that one run starts.
  [[nodiscard]] virtual std::vector<const char*> kernels() const = 0;
};

/// Whether this backend has the operation, for these formats and shapes.
bitgate::Support supports(const bitgate::Op& op);

/// The operation that `supports` said yes to, on the tensors that it names.
std::unique_ptr<Operation> make_operation(const bitgate::Op& op, const KernelTable& kernels);

}  // namespace cpu_simd

// Operations bound to tensors, ready to run on a team.
#pragma once

#include <bitgate/backend.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/op_rules.hpp"
#include "float_kernels.hpp"
#include "tensor.hpp"
#include "thread_team.hpp"

namespace cpu_simd {

/// One prepared operation. `run` allocates nothing.
class Operation {
 public:
  virtual ~Operation() = default;
  /// On a team that has the scratch memory for it. Throws bitgate::Error for an id or position that
  /// is out of range.
  virtual void run(ThreadTeam& team) = 0;
  /// Bytes of scratch memory that each thread needs.
  [[nodiscard]] virtual std::size_t scratch() const { return 0; }
  /// Bytes of the memory that the team's threads share.
  [[nodiscard]] virtual std::size_t shared() const { return 0; }
  /// Names of the kernels that one run starts: "avx2/i2_s_gemv".
  [[nodiscard]] virtual std::vector<std::string> kernels() const = 0;
  /// After a run: counts those that it started, of kernels() in their order.
  virtual void count(std::span<bitgate::Kernel> kernels) const {
    for (bitgate::Kernel& kernel : kernels) ++kernel.calls;
  }
};

/// One that computes each row of its output from the same row of its inputs, and at most from a
/// tensor of one row besides, like a norm's weights. Neighbours in a program with as many rows are
/// run together, a few rows through all of them before the next ones, so that what one leaves for
/// the next is in the cache.
class RowOperation : public Operation {
 public:
  /// Its rows are those of `x`, an input.
  explicit RowOperation(const CpuTensor& x)
      : rows_(x.rows()), together_(std::max<std::size_t>(kElementsTogether / x.cols(), 1)) {}

  void run(ThreadTeam& team) final;

  [[nodiscard]] std::size_t rows() const { return rows_; }
  /// Rows that a thread takes at a time.
  [[nodiscard]] std::size_t together() const { return together_; }
  /// Before any row. Throws what `run` may throw.
  virtual void check() const {}
  virtual void run_rows(std::size_t begin, std::size_t end) const = 0;

 private:
  static constexpr std::size_t kElementsTogether = std::size_t{32} << 10;

  std::size_t rows_;
  std::size_t together_;
};

/// Several of as many rows, one after the other for each few rows.
void run_together(std::span<const RowOperation* const> operations, ThreadTeam& team);

/// Whether this backend has the operation, for these formats and shapes.
inline bitgate::Support supports(const bitgate::Op& op) { return op_rules::supports(op); }

/// The operation that `supports` said yes to, on the tensors that it names.
std::unique_ptr<Operation> make_operation(const bitgate::Op& op, const KernelTable& kernels);

/// Those of ternary weights, which ternary_operations.cpp has.
std::unique_ptr<Operation> make_ternary_quantize(const bitgate::Op& op, const KernelTable& kernels);
std::unique_ptr<Operation> make_ternary_dequantize(const bitgate::Op& op,
                                                   const KernelTable& kernels);
std::unique_ptr<Operation> make_ternary_matmul(const bitgate::Op& op, const KernelTable& kernels);

/// The product with block scales that differ, to f32: block_matmul.cpp.
std::unique_ptr<Operation> make_block_matmul(const bitgate::Op& op, const KernelTable& kernels);
/// What transformer_operations.cpp has.
std::unique_ptr<Operation> make_transformer_operation(const bitgate::Op& op,
                                                      const KernelTable& kernels);

inline CpuTensor& tensor_of(const bitgate::Operand& operand) {
  return static_cast<CpuTensor&>(*operand.tensor);
}

/// "avx2" and "i2_s_gemv" to "avx2/i2_s_gemv".
inline std::string kernel_name(const char* isa, const std::string& what) {
  return std::string(isa) + "/" + what;
}

}  // namespace cpu_simd

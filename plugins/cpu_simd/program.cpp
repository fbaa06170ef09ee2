#include "program.hpp"

#include <string>

namespace cpu_simd {

CpuProgram::CpuProgram(std::span<const bitgate::Op> ops, const KernelTable& kernels,
                       ThreadTeam& team) {
  for (const bitgate::Op& op : ops) {
    for (const bitgate::Operand& operand : op.inputs) tensor_of(operand).provide();
    for (const bitgate::Operand& operand : op.outputs) tensor_of(operand).provide();
    operations_.push_back(make_operation(op, kernels));
    team.reserve(operations_.back()->scratch(), operations_.back()->shared());
    for (std::string& name : operations_.back()->kernels())
      kernels_.push_back({std::move(name), 0});
    ends_.push_back(kernels_.size());

    by_rows_.push_back(dynamic_cast<const RowOperation*>(operations_.back().get()));
    const std::size_t count = operations_.size();
    const RowOperation* const before = count > 1 ? by_rows_[count - 2] : nullptr;
    const RowOperation* const last = by_rows_.back();
    if (before != nullptr && last != nullptr && before->rows() == last->rows()) {
      steps_.back().end = count;
    } else {
      steps_.push_back({count - 1, count});
    }
  }
}

void CpuProgram::run(ThreadTeam& team) {
  for (const Step& step : steps_) {
    if (step.end - step.begin == 1) {
      operations_[step.begin]->run(team);
    } else {
      run_together(std::span(by_rows_).subspan(step.begin, step.end - step.begin), team);
    }
  }
  std::size_t first = 0;
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    operations_[i]->count(std::span(kernels_).subspan(first, ends_[i] - first));
    first = ends_[i];
  }
}

}  // namespace cpu_simd

// Grids that operations start their kernels on.
#pragma once

#include "program.hpp"
#include "tensor.hpp"

namespace opencl {

inline ClTensor& tensor_of(const bitgate::Operand& operand) {
  return static_cast<ClTensor&>(*operand.tensor);
}

/// What kernels count in; `supports` said that it is enough.
inline cl_uint narrow(std::size_t count) { return static_cast<cl_uint>(count); }

/// An item for each element, or for each column of each row; groups whose items have nothing to do
/// with each other.
inline Grid each_element(std::size_t count) { return Grid::covering({count, 1, 1}, {64, 1, 1}); }
inline Grid each_of_rows(std::size_t cols, std::size_t rows) {
  return Grid::covering({cols, rows, 1}, {8, 8, 1});
}
/// A group that reduces something for each of so many things, in two dimensions.
inline Grid each_group(const ClProgram& program, std::size_t x, std::size_t y = 1) {
  const std::size_t group = program.engine().cut().group;
  return {{group * x, y, 1}, {group, 1, 1}};
}

}  // namespace opencl

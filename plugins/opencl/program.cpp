#include "program.hpp"

#include <algorithm>

#include "common/rope_table.hpp"

namespace opencl {

Grid Grid::covering(std::array<std::size_t, 3> least, std::array<std::size_t, 3> group) {
  Grid grid{least, group};
  for (std::size_t i = 0; i < group.size(); ++i) {
    grid.items[i] = (least[i] + group[i] - 1) / group[i] * group[i];
  }
  return grid;
}

void ClProgram::add_step(const std::string& shown, std::function<void()> step) {
  steps_.push_back(std::move(step));
  kernels_.push_back({"opencl/" + shown, 0});
}

void ClProgram::run() {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    steps_[i]();
    ++kernels_[i].calls;
  }
}

cl_mem ClProgram::scratch(std::size_t size) {
  cl_int status = CL_SUCCESS;
  scratch_.emplace_back(
      clCreateBuffer(engine_.context(), CL_MEM_READ_WRITE, size, nullptr, &status));
  check(status, "clCreateBuffer");
  return scratch_.back().get();
}

cl_mem ClProgram::rope_table(double base, std::size_t planes, std::size_t context) {
  cl_mem& table = rope_tables_[{base, planes, context}];
  if (table == nullptr) {
    const auto made = rope_tables::rope_table(base, planes, context);
    const std::size_t size = context * 2 * planes * sizeof(float);
    table = scratch(size);
    check(clEnqueueWriteBuffer(queue_, table, CL_TRUE, 0, size, made->cosines(0), 0, nullptr,
                               nullptr),
          "clEnqueueWriteBuffer");
  }
  return table;
}

std::string ClProgram::place_of(const char* name, const Grid& grid) {
  // PoCL compiles a kernel for each size of groups, and once more for grids beyond 16 bits.
  constexpr std::size_t kSmallGrid = 0xffff;
  std::string place = name;
  for (const std::size_t size : grid.group) place += " " + std::to_string(size);
  const bool large = std::any_of(grid.items.begin(), grid.items.end(),
                                 [](std::size_t items) { return items >= kSmallGrid; });
  return large ? place + " large" : place;
}

void ClProgram::start(cl_kernel kernel, const Grid& grid, cl_event* event) const {
  check(clEnqueueNDRangeKernel(queue_, kernel, 3, nullptr, grid.items.data(), grid.group.data(), 0,
                               nullptr, event),
        "clEnqueueNDRangeKernel");
}

}  // namespace opencl

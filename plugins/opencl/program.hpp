// Prepared operations: kernels with their arguments set, in the order in which they are started.
#pragma once

#include <bitgate/backend.hpp>

#include <array>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "cl.hpp"
#include "clock.hpp"
#include "engine.hpp"

namespace opencl {

/// Work items, and those of a group; the grid is whole groups.
struct Grid {
  std::array<std::size_t, 3> items{1, 1, 1};
  std::array<std::size_t, 3> group{1, 1, 1};

  /// At least so many items in groups of this size.
  static Grid covering(std::array<std::size_t, 3> least, std::array<std::size_t, 3> group);
};

class ClProgram : public bitgate::Program {
 public:
  /// All three outlive the program.
  ClProgram(Engine& engine, cl_command_queue queue, Clock& clock)
      : engine_(engine), queue_(queue), clock_(clock) {}

  /// A kernel of kernels/*.cl under the name that is shown. `count` is its first argument. If this
  /// process has not used it yet, it is compiled now.
  template <class Count, class... Args>
  void add(const std::string& shown, const char* name, const Grid& grid, Count count,
           Args... args) {
    KernelHandle kernel = engine_.kernel(name);
    cl_uint index = 1;
    (set(kernel.get(), index++, args), ...);
    if (engine_.first_use(place_of(name, grid))) {
      set(kernel.get(), 0, Count{0});
      start(kernel.get(), grid, nullptr);
      check(clFinish(queue_), "clFinish");
    }
    set(kernel.get(), 0, count);
    add_step(shown, [this, grid, held = kernel.get()] { start(held, grid, clock_.next()); });
    handles_.push_back(std::move(kernel));
  }

  /// Work of a library's, which starts it on the queue itself.
  void add_step(const std::string& shown, std::function<void()> step);

  void run();

  [[nodiscard]] std::span<const bitgate::Kernel> kernels() const override { return kernels_; }
  [[nodiscard]] Engine& engine() const { return engine_; }
  [[nodiscard]] cl_command_queue queue() const { return queue_; }
  [[nodiscard]] Clock& clock() const { return clock_; }
  /// Memory of the program's own.
  cl_mem scratch(std::size_t size);
  /// Angles by which positions are turned, see common/rope_table.hpp; one for all who ask for the
  /// same.
  cl_mem rope_table(double base, std::size_t planes, std::size_t context);

 private:
  template <class T>
  static void set(cl_kernel kernel, cl_uint index, const T& value) {
    // A cl_mem is a pointer, and the argument.
    constexpr std::size_t kSize = sizeof(T);  // NOLINT(bugprone-sizeof-expression)
    check(clSetKernelArg(kernel, index, kSize, &value), "clSetKernelArg");
  }
  static std::string place_of(const char* name, const Grid& grid);
  void start(cl_kernel kernel, const Grid& grid, cl_event* event) const;

  Engine& engine_;
  cl_command_queue queue_;
  Clock& clock_;
  std::vector<KernelHandle> handles_;
  std::vector<Buffer> scratch_;
  std::map<std::tuple<double, std::size_t, std::size_t>, cl_mem> rope_tables_;
  std::vector<std::function<void()>> steps_;
  std::vector<bitgate::Kernel> kernels_;  // of each step
};

}  // namespace opencl

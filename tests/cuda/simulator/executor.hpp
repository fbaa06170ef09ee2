// Runs kernels on the CPU as a GPU may: the threads of a block in any order or at once, with
// nothing in shared memory that they did not put there.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "gpu.hpp"
#include "simulator/portable.hpp"

namespace bg_cuda::simulator {

enum class Order { kForward, kReverse, kShuffled };

class Executor {
 public:
  virtual ~Executor() = default;
  /// Calls `body` once for each thread of each block, blocks one after the other.
  virtual void run(Extent2 grid, Extent2 block, const std::function<void()>& body) = 0;
};

/// One thread after the other up to its next barrier, in this order; blocks too. `run` throws
/// bitgate::Error if some threads of a block return while others wait for them at a barrier.
std::unique_ptr<Executor> fiber_executor(Order order);
/// The threads of a block are threads of the system's, which shows ThreadSanitizer what is not
/// ordered between them. For small grids.
std::unique_ptr<Executor> thread_executor();

// ---- for executors ----

/// A thread of a block, as the kernel asks it.
class Running {
 public:
  virtual ~Running() = default;
  [[nodiscard]] virtual const Place& place() const = 0;
  virtual void barrier() = 0;
  virtual void* shared(std::size_t size) = 0;
  virtual const Fragments* exchange(const Fragments& mine) = 0;
};
inline thread_local Running* running = nullptr;

/// Of thread `thread` of a block in block `number` of the grid.
Place place_of(std::size_t thread, std::size_t number, Extent2 grid, Extent2 block);

/// What the threads of a block share.
class SharedMemory {
 public:
  /// Before each block of so many threads.
  void poison(std::size_t threads);
  /// `size` bytes behind those that the thread has taken before.
  void* take(std::size_t& used, std::size_t size);
  /// Puts down the `exchanges`-th of what a thread gives; that of its warp can be read after a
  /// barrier, up to the next one's but one: who comes to that has read it.
  const Fragments* give(std::size_t thread, std::size_t& exchanges, const Fragments& mine);

 private:
  std::vector<std::byte> arena_;
  std::array<std::vector<Fragments>, 2> fragments_;  // in turn, of each thread
};

}  // namespace bg_cuda::simulator

// Runs kernels on the CPU as a GPU may: the threads of a block in any order, with nothing in shared
// memory that they did not put there.
#pragma once

#include <array>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "gpu.hpp"
#include "simulator/portable.hpp"

namespace bg_cuda::simulator {

enum class Order { kForward, kReverse, kShuffled };

class Executor {
 public:
  explicit Executor(Order order) : order_(order) {}
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Calls `body` once for each thread of each block; blocks in the same order as threads. Throws
  /// bitgate::Error if some threads of a block return while others wait for them at a barrier.
  void run(Extent2 grid, Extent2 block, const std::function<void()>& body);

  // For the threads.
  [[nodiscard]] const Place& place() const { return fibers_[current_].place; }
  void barrier();
  void* shared(std::size_t size);
  const Fragments* exchange(const Fragments& mine);

 private:
  /// Lives as long as the executor: after the thread of one block it becomes that of the next.
  struct Fiber {
    std::jmp_buf here{};  ///< where it goes on
    bool started = false;
    Place place{};
    std::size_t shared_used = 0;
    std::size_t exchanges = 0;
    bool done = false;
    char* stack = nullptr;
  };

  static void entry();
  void run_block(std::size_t count);
  void prepare(std::size_t count);
  void resume(Fiber& fiber);
  void suspend();
  void shuffle(std::vector<std::size_t>& order);
  [[nodiscard]] std::vector<std::size_t> order_of(std::size_t count);

  Order order_;
  std::mt19937 random_{1};
  std::vector<Fiber> fibers_;
  std::size_t current_ = 0;
  std::jmp_buf scheduler_{};
  const std::function<void()>* body_ = nullptr;
  std::vector<std::byte> arena_;
  std::array<std::vector<Fragments>, 2> exchanged_;  // in turn, of each thread
};

}  // namespace bg_cuda::simulator

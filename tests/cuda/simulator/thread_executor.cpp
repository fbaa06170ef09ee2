#include <atomic>
#include <barrier>
#include <optional>
#include <thread>

#include "simulator/executor.hpp"

namespace bg_cuda::simulator {
namespace {

/// Keeps its threads, each of which is the thread of its number of every block.
class ThreadExecutor : public Executor {
 public:
  ~ThreadExecutor() override;
  void run(Extent2 grid, Extent2 block, const std::function<void()>& body) override;

 private:
  struct Block {
    SharedMemory memory;
    std::optional<std::barrier<>> barrier;  ///< of the threads that have not returned
  };

  class Thread : public Running {
   public:
    Thread(Block& block, std::size_t number, const Place& place)
        : block_(block), number_(number), place_(place) {}

    [[nodiscard]] const Place& place() const override { return place_; }
    void barrier() override { block_.barrier->arrive_and_wait(); }
    void* shared(std::size_t size) override { return block_.memory.take(shared_used_, size); }
    const Fragments* exchange(const Fragments& mine) override {
      const Fragments* lanes = block_.memory.give(number_, exchanges_, mine);
      barrier();
      return lanes;
    }

   private:
    Block& block_;
    std::size_t number_;
    Place place_;
    std::size_t shared_used_ = 0;
    std::size_t exchanges_ = 0;
  };

  void start();
  void serve(std::size_t number, std::size_t seen);

  std::vector<std::thread> threads_;
  std::function<void(std::size_t)> work_;  ///< for each of them; none: they end
  std::atomic<std::size_t> runs_ = 0;
  std::atomic<std::size_t> busy_ = 0;
};

ThreadExecutor::~ThreadExecutor() {
  work_ = {};
  start();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadExecutor::run(Extent2 grid, Extent2 extent, const std::function<void()>& body) {
  const std::size_t count = std::size_t{extent.x} * extent.y;
  const std::size_t blocks = std::size_t{grid.x} * grid.y;
  Block block;
  const auto next_block = [&]() noexcept {
    block.memory.poison(count);
    block.barrier.emplace(static_cast<std::ptrdiff_t>(count));
  };
  next_block();
  std::barrier between(static_cast<std::ptrdiff_t>(count), next_block);
  work_ = [&](std::size_t i) {
    if (i >= count) return;
    for (std::size_t number = 0; number < blocks; ++number) {
      Thread thread(block, i, place_of(i, number, grid, extent));
      running = &thread;
      body();
      block.barrier->arrive_and_drop();
      between.arrive_and_wait();
    }
  };
  while (threads_.size() < count) {
    threads_.emplace_back([this, i = threads_.size(), seen = runs_.load()] { serve(i, seen); });
  }
  busy_ = threads_.size();
  start();
  for (std::size_t left = busy_; left != 0; left = busy_) busy_.wait(left);
}

void ThreadExecutor::start() {
  ++runs_;
  runs_.notify_all();
}

void ThreadExecutor::serve(std::size_t number, std::size_t seen) {
  while (true) {
    runs_.wait(seen++);
    if (!work_) return;
    work_(number);
    if (--busy_ == 0) busy_.notify_one();
  }
}

}  // namespace

std::unique_ptr<Executor> thread_executor() { return std::make_unique<ThreadExecutor>(); }

}  // namespace bg_cuda::simulator

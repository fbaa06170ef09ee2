#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <csetjmp>
#include <numeric>
#include <random>
#include <string>

#include "simulator/executor.hpp"

namespace bg_cuda::simulator {
namespace {

constexpr std::size_t kStack = 64U << 10;
constexpr std::size_t kGuard = 4096;  // below each stack, not to be touched

/// Threads are fibers, of which one runs at a time, in an order that is known.
class FiberExecutor : public Executor, public Running {
 public:
  explicit FiberExecutor(Order order) : order_(order) {}
  ~FiberExecutor() override;
  FiberExecutor(const FiberExecutor&) = delete;
  FiberExecutor& operator=(const FiberExecutor&) = delete;

  void run(Extent2 grid, Extent2 block, const std::function<void()>& body) override;

  [[nodiscard]] const Place& place() const override { return fibers_[current_].place; }
  void barrier() override { suspend(); }
  void* shared(std::size_t size) override;
  const Fragments* exchange(const Fragments& mine) override;

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
  SharedMemory memory_;
};

FiberExecutor* executor = nullptr;  // whose fibers run

FiberExecutor::~FiberExecutor() {
  for (Fiber& fiber : fibers_) {
    if (fiber.stack != nullptr) ::munmap(fiber.stack, kStack + kGuard);
  }
}

void FiberExecutor::prepare(std::size_t count) {
  while (fibers_.size() < count) {
    Fiber& fiber = fibers_.emplace_back();
    void* memory = ::mmap(nullptr, kStack + kGuard, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) throw bitgate::Error(BG_OUT_OF_MEMORY, "no stack for a fiber");
    fiber.stack = static_cast<char*>(memory);
    ::mprotect(fiber.stack, kGuard, PROT_NONE);
  }
}

std::vector<std::size_t> FiberExecutor::order_of(std::size_t count) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (order_ == Order::kReverse) std::reverse(order.begin(), order.end());
  shuffle(order);
  return order;
}

void FiberExecutor::shuffle(std::vector<std::size_t>& order) {
  if (order_ == Order::kShuffled) std::shuffle(order.begin(), order.end(), random_);
}

void FiberExecutor::run(Extent2 grid, Extent2 block, const std::function<void()>& body) {
  const std::size_t count = std::size_t{block.x} * block.y;
  prepare(count);
  running = this;
  executor = this;
  body_ = &body;
  for (const std::size_t number : order_of(std::size_t{grid.x} * grid.y)) {
    for (std::size_t i = 0; i < count; ++i) {
      fibers_[i].place = place_of(i, number, grid, block);
      fibers_[i].done = false;
      fibers_[i].shared_used = 0;
      fibers_[i].exchanges = 0;
    }
    memory_.poison(count);
    run_block(count);
  }
}

void FiberExecutor::entry() {
  while (true) {
    (*executor->body_)();
    executor->fibers_[executor->current_].done = true;
    executor->suspend();
  }
}

/// Jumps cost no call of the system's, of which a switch of contexts makes two; a context only
/// starts a fiber.
void FiberExecutor::resume(Fiber& fiber) {
  if (_setjmp(scheduler_) != 0) return;
  if (fiber.started) _longjmp(fiber.here, 1);
  fiber.started = true;
  ucontext_t context{};
  ::getcontext(&context);
  context.uc_stack = {fiber.stack + kGuard, 0, kStack};
  context.uc_link = nullptr;
  ::makecontext(&context, &FiberExecutor::entry, 0);
  ::setcontext(&context);
}

void FiberExecutor::suspend() {
  if (_setjmp(fibers_[current_].here) == 0) _longjmp(scheduler_, 1);
}

void FiberExecutor::run_block(std::size_t count) {
  std::vector<std::size_t> order = order_of(count);
  // Each round takes every thread to its next barrier.
  for (std::size_t done = 0; done < count; shuffle(order)) {
    for (const std::size_t i : order) {
      if (fibers_[i].done) continue;
      current_ = i;
      resume(fibers_[i]);
      if (fibers_[i].done) ++done;
    }
    if (done == 0 || done == count) continue;
    // Those that wait will never go on: they start anew with the next block.
    for (Fiber& fiber : fibers_) fiber.started = fiber.started && fiber.done;
    throw bitgate::Error(BG_INTERNAL, std::to_string(done) + " of " + std::to_string(count) +
                                          " threads of a block returned while the others wait at "
                                          "a barrier");
  }
}

const Fragments* FiberExecutor::exchange(const Fragments& mine) {
  const Fragments* lanes = memory_.give(current_, fibers_[current_].exchanges, mine);
  barrier();
  return lanes;
}

void* FiberExecutor::shared(std::size_t size) {
  return memory_.take(fibers_[current_].shared_used, size);
}

}  // namespace

std::unique_ptr<Executor> fiber_executor(Order order) {
  return std::make_unique<FiberExecutor>(order);
}

}  // namespace bg_cuda::simulator

#include "simulator/executor.hpp"

#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <numeric>

namespace bg_cuda::simulator {
namespace {

constexpr std::size_t kStack = 64U << 10;
constexpr std::size_t kGuard = 4096;            // below each stack, not to be touched
constexpr std::size_t kSharedMost = 48U << 10;  // what a block can have without asking for more
constexpr std::byte kPoison{0xA5};

Executor* running = nullptr;

}  // namespace

const Place& place() { return running->place(); }
void barrier() { running->barrier(); }
void* shared(std::size_t size) { return running->shared(size); }
const Fragments* exchange(const Fragments& mine) { return running->exchange(mine); }

Executor::~Executor() {
  for (Fiber& fiber : fibers_) {
    if (fiber.stack != nullptr) ::munmap(fiber.stack, kStack + kGuard);
  }
}

void Executor::prepare(std::size_t count) {
  while (fibers_.size() < count) {
    Fiber& fiber = fibers_.emplace_back();
    void* memory = ::mmap(nullptr, kStack + kGuard, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) throw bitgate::Error(BG_OUT_OF_MEMORY, "no stack for a fiber");
    fiber.stack = static_cast<char*>(memory);
    ::mprotect(fiber.stack, kGuard, PROT_NONE);
  }
  arena_.resize(kSharedMost);
  for (std::vector<Fragments>& one : exchanged_) one.resize(fibers_.size());
}

std::vector<std::size_t> Executor::order_of(std::size_t count) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (order_ == Order::kReverse) std::reverse(order.begin(), order.end());
  shuffle(order);
  return order;
}

void Executor::shuffle(std::vector<std::size_t>& order) {
  if (order_ == Order::kShuffled) std::shuffle(order.begin(), order.end(), random_);
}

void Executor::run(Extent2 grid, Extent2 block, const std::function<void()>& body) {
  const std::size_t count = std::size_t{block.x} * block.y;
  prepare(count);
  running = this;
  body_ = &body;
  for (const std::size_t number : order_of(std::size_t{grid.x} * grid.y)) {
    for (std::size_t i = 0; i < count; ++i) {
      fibers_[i].place = {static_cast<std::uint32_t>(i % block.x),
                          static_cast<std::uint32_t>(i / block.x),
                          static_cast<std::uint32_t>(number % grid.x),
                          static_cast<std::uint32_t>(number / grid.x),
                          block.x,
                          grid.x};
      fibers_[i].done = false;
      fibers_[i].shared_used = 0;
      fibers_[i].exchanges = 0;
    }
    std::fill(arena_.begin(), arena_.end(), kPoison);
    run_block(count);
  }
}

void Executor::entry() {
  while (true) {
    (*running->body_)();
    running->fibers_[running->current_].done = true;
    running->suspend();
  }
}

/// Jumps cost no call of the system's, of which a switch of contexts makes two; a context only
/// starts a fiber.
void Executor::resume(Fiber& fiber) {
  if (_setjmp(scheduler_) != 0) return;
  if (fiber.started) _longjmp(fiber.here, 1);
  fiber.started = true;
  ucontext_t context{};
  ::getcontext(&context);
  context.uc_stack = {fiber.stack + kGuard, 0, kStack};
  context.uc_link = nullptr;
  ::makecontext(&context, &Executor::entry, 0);
  ::setcontext(&context);
}

void Executor::suspend() {
  if (_setjmp(fibers_[current_].here) == 0) _longjmp(scheduler_, 1);
}

void Executor::run_block(std::size_t count) {
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

void Executor::barrier() { suspend(); }

/// Who is here for the next exchange has read what the one before gave, so two places are enough.
const Fragments* Executor::exchange(const Fragments& mine) {
  constexpr std::size_t kLanes = 32;
  std::vector<Fragments>& place = exchanged_[fibers_[current_].exchanges++ % 2];
  place[current_] = mine;
  const std::size_t warp = current_ / kLanes * kLanes;
  barrier();
  return place.data() + warp;
}

void* Executor::shared(std::size_t size) {
  std::size_t& used = fibers_[current_].shared_used;
  void* const place = arena_.data() + used;
  used += (size + 15) / 16 * 16;
  if (used > arena_.size()) __builtin_trap();  // a kernel that no GPU would start
  return place;
}

}  // namespace bg_cuda::simulator

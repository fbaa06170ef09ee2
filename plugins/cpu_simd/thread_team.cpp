#include "thread_team.hpp"

#include <algorithm>
#include <chrono>

namespace cpu_simd {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kSpin = std::chrono::microseconds(20);
constexpr int kLooksPerClock = 32;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

void pin(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  ::sched_setaffinity(0, sizeof(set), &set);
}

/// Waits until `value` is no longer `old`: spins first, then sleeps.
void wait_for_change(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
  const auto until = Clock::now() + kSpin;
  do {
    for (int i = 0; i < kLooksPerClock; ++i) {
      if (value.load(std::memory_order_acquire) != old) return;
      pause();
    }
  } while (Clock::now() < until);
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

std::vector<int> allowed_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cores;
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) {
    for (int core = 0; core < CPU_SETSIZE; ++core) {
      if (CPU_ISSET(core, &set)) cores.push_back(core);
    }
  }
  if (cores.empty()) cores.push_back(0);
  return cores;
}

ThreadTeam::ThreadTeam(std::size_t size) {
  const std::vector<int> cores = allowed_cores();
  ::sched_getaffinity(0, sizeof(callers_cores_), &callers_cores_);
  for (std::size_t i = 1; i < size; ++i) {
    helpers_.emplace_back([this, core = cores[i % cores.size()], i] { help(core, i); });
  }
  pin(cores.front());
}

ThreadTeam::~ThreadTeam() {
  ending_ = true;
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
  ::sched_setaffinity(0, sizeof(callers_cores_), &callers_cores_);
}

void ThreadTeam::reserve(std::size_t bytes, std::size_t shared) {
  if (shared_.size() < shared) shared_ = Memory(shared);
  scratch_.resize(size());
  for (Memory& memory : scratch_) {
    if (memory.size() < bytes) memory = Memory(bytes);
  }
}

void ThreadTeam::run(const Work& work) {
  next_.store(0, std::memory_order_relaxed);
  if (!helpers_.empty() && work.count > work.chunk) {
    work_ = &work;
    busy_.store(static_cast<std::uint32_t>(helpers_.size()), std::memory_order_relaxed);
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
    take_chunks(work, 0);
    while (const std::uint32_t busy = busy_.load(std::memory_order_acquire)) {
      wait_for_change(busy_, busy);
    }
    return;
  }
  take_chunks(work, 0);
}

void ThreadTeam::take_chunks(const Work& work, std::size_t worker) {
  std::size_t begin = next_.load(std::memory_order_relaxed);
  while (begin < work.count) {
    const std::size_t left = work.count - begin;
    const std::size_t part = work.parts == 0 ? 0 : left / work.parts;
    const std::size_t end = begin + std::min(std::max(work.chunk, part), left);
    if (!next_.compare_exchange_weak(begin, end, std::memory_order_relaxed)) continue;
    work.call(work.context, begin, end, worker);
    begin = next_.load(std::memory_order_relaxed);
  }
}

void ThreadTeam::help(int core, std::size_t worker) {
  pin(core);
  std::uint32_t seen = 0;
  while (true) {
    wait_for_change(round_, seen);
    seen = round_.load(std::memory_order_acquire);
    if (ending_) return;
    take_chunks(*work_, worker);
    busy_.fetch_sub(1, std::memory_order_acq_rel);
    busy_.notify_all();
  }
}

}  // namespace cpu_simd

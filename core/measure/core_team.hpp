// Threads pinned one to a core, asleep between jobs.
#pragma once

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace bitgate {

class CoreTeam {
 public:
  /// One thread for each of these cores. Where pinning is not allowed, the kernel places them.
  explicit CoreTeam(const std::vector<int>& cores) : times_(cores.size()) {
    for (std::size_t i = 0; i < cores.size(); ++i) {
      threads_.emplace_back([this, i, core = cores[i]] { serve(i, core); });
    }
  }
  CoreTeam(const CoreTeam&) = delete;  // owns threads
  CoreTeam& operator=(const CoreTeam&) = delete;
  ~CoreTeam() {
    command(0);
    for (std::thread& thread : threads_) thread.join();
  }

  [[nodiscard]] unsigned size() const { return static_cast<unsigned>(threads_.size()); }

  /// Runs job(index) on `count` threads at once, 1 <= count <= size(). Returns the seconds from the
  /// first to begin to the last to end. `job` must not throw.
  double run(unsigned count, const std::function<void(unsigned)>& job) {
    job_ = &job;
    ready_ = 0;
    running_ = count;
    command(count);
    while (const unsigned left = running_.load()) running_.wait(left);
    Clock::time_point first = times_[0].begin;
    Clock::time_point last = times_[0].end;
    for (unsigned i = 1; i < count; ++i) {
      first = std::min(first, times_[i].begin);
      last = std::max(last, times_[i].end);
    }
    return std::chrono::duration<double>(last - first).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct alignas(64) Times {
    Clock::time_point begin;
    Clock::time_point end;
  };

  static constexpr unsigned kCountBits = 16;

  /// Count and number of the round travel in one word: a thread that was left out and wakes late
  /// can't take the count of one round for another's. A count of 0 ends the threads.
  void command(unsigned count) {
    const std::uint64_t round = (command_.load() >> kCountBits) + 1;
    command_ = round << kCountBits | count;
    command_.notify_all();
  }

  void serve(std::size_t index, int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    ::sched_setaffinity(0, sizeof(set), &set);
    std::uint64_t seen = 0;
    while (true) {
      command_.wait(seen);
      seen = command_.load();
      const std::uint64_t count = seen & ((1U << kCountBits) - 1);
      if (count == 0) return;
      if (index >= count) continue;
      ++ready_;
      while (ready_.load() < count) {
      }  // all are awake before any begins
      times_[index].begin = Clock::now();
      (*job_)(static_cast<unsigned>(index));
      times_[index].end = Clock::now();
      if (--running_ == 0) running_.notify_all();
    }
  }

  std::atomic<std::uint64_t> command_{0};
  std::atomic<unsigned> ready_{0};
  std::atomic<unsigned> running_{0};
  const std::function<void(unsigned)>* job_ = nullptr;
  std::vector<Times> times_;
  std::vector<std::thread> threads_;
};

}  // namespace bitgate

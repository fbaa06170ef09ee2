// A fixed team of threads, one pinned to a core, that run one job at a time together.
#pragma once

#include <sched.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "memory.hpp"

namespace cpu_simd {

/// Cores that this process may use, in order.
std::vector<int> allowed_cores();

/// Between jobs the helpers spin for some microseconds and then sleep: a spinning thread beside a
/// busy neighbour costs whole scheduler quanta. Running a job takes no lock and allocates nothing.
class ThreadTeam {
 public:
  /// `size` threads including the calling one, which is pinned too until the team ends. Without
  /// permission to pin, the kernel places them.
  explicit ThreadTeam(std::size_t size);
  ThreadTeam(const ThreadTeam&) = delete;  // owns threads
  ThreadTeam& operator=(const ThreadTeam&) = delete;
  ~ThreadTeam();

  [[nodiscard]] std::size_t size() const { return helpers_.size() + 1; }

  /// Sees to it that every thread has at least this much scratch memory, and that there is so much
  /// that they share, 64-byte aligned, whose content no operation can expect anything of. Throws as
  /// Memory does; not while a job runs.
  void reserve(std::size_t bytes, std::size_t shared);
  [[nodiscard]] std::uint8_t* scratch(std::size_t worker) const {
    return scratch_[worker].as<std::uint8_t>();
  }

  [[nodiscard]] std::uint8_t* shared() const { return shared_.as<std::uint8_t>(); }

  /// Calls job(begin, end, worker) for [0, count), spread over the threads in contiguous chunks of
  /// `chunk`; returns when all is done. `worker` is the number of the thread, from 0. The job must
  /// not throw.
  template <class Job>
  void for_ranges(std::size_t count, std::size_t chunk, const Job& job) {
    run({call<Job>, &job, count, chunk, 0});
  }

  /// The same, in chunks that shrink to `least`: long ones first, each a stream through memory, and
  /// short ones last, so that no thread waits long for another that the system has slowed down.
  template <class Job>
  void for_shrinking_ranges(std::size_t count, std::size_t least, const Job& job) {
    run({call<Job>, &job, count, least, kPartsPerThread * size()});
  }

 private:
  static constexpr std::size_t kPartsPerThread = 2;  // of what is left, one is a chunk

  struct Work {
    void (*call)(const void* context, std::size_t begin, std::size_t end, std::size_t worker);
    const void* context;
    std::size_t count;
    std::size_t chunk;
    std::size_t parts;  // 0: every chunk is as long as the others
  };

  template <class Job>
  static void call(const void* job, std::size_t begin, std::size_t end, std::size_t worker) {
    (*static_cast<const Job*>(job))(begin, end, worker);
  }

  void run(const Work& work);
  void take_chunks(const Work& work, std::size_t worker);
  void help(int core, std::size_t worker);

  const Work* work_ = nullptr;
  bool ending_ = false;
  alignas(64) std::atomic<std::uint32_t> round_{0};
  alignas(64) std::atomic<std::size_t> next_{0};
  alignas(64) std::atomic<std::uint32_t> busy_{0};
  cpu_set_t callers_cores_{};
  std::vector<Memory> scratch_;  // of each thread
  Memory shared_;
  std::vector<std::thread> helpers_;
};

}  // namespace cpu_simd

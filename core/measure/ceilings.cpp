#include "measure/ceilings.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "measure/ceiling_kernels.hpp"

namespace bitgate {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kPage = 4096;
constexpr int kPasses = 3;
constexpr double kPassSeconds = 2e-3;

const CeilingKernels& best_kernels() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni")) {
    return kCeilingAvx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return kCeilingAvx2;
#endif
  return kCeilingScalar;
}

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

/// CPU time that the control group allows, in cores; 0 if there is no limit.
double quota_cores() {
  std::ifstream in("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (in >> quota >> period && quota != "max" && period > 0) return std::stod(quota) / period;
  return 0;
}

/// Pinned threads that sleep between jobs.
class Team {
 public:
  explicit Team(const std::vector<int>& cores) {
    for (std::size_t i = 0; i < cores.size(); ++i) {
      threads_.emplace_back([this, i, core = cores[i]] { serve(i, core); });
    }
  }
  Team(const Team&) = delete;  // owns threads
  Team& operator=(const Team&) = delete;
  ~Team() {
    job_ = nullptr;
    start(0);
    for (std::thread& thread : threads_) thread.join();
  }

  /// Runs job(index) on `count` threads at once; returns the seconds from the first to start to the
  /// last to end.
  double run(unsigned count, const std::function<void(unsigned)>& job) {
    job_ = &job;
    start(count);
    while (const unsigned left = running_.load()) running_.wait(left);
    auto first = Clock::time_point::max();
    auto last = Clock::time_point::min();
    for (unsigned i = 0; i < count; ++i) {
      first = std::min(first, times_[i].begin);
      last = std::max(last, times_[i].end);
    }
    return std::chrono::duration<double>(last - first).count();
  }

 private:
  struct alignas(64) Times {
    Clock::time_point begin;
    Clock::time_point end;
  };

  void start(unsigned count) {
    count_ = count;
    ready_ = 0;
    running_ = count;
    ++round_;
    round_.notify_all();
  }

  void serve(std::size_t index, int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    ::sched_setaffinity(0, sizeof(set), &set);  // where it is not allowed, the kernel places us
    std::uint64_t seen = 0;
    while (true) {
      round_.wait(seen);
      seen = round_.load();
      if (job_ == nullptr) return;
      if (index >= count_) continue;
      ++ready_;
      while (ready_.load() < count_) {
      }  // all are awake before any begins
      times_[index].begin = Clock::now();
      (*job_)(static_cast<unsigned>(index));
      times_[index].end = Clock::now();
      if (--running_ == 0) running_.notify_all();
    }
  }

  std::atomic<std::uint64_t> round_{0};
  std::atomic<unsigned> ready_{0};
  std::atomic<unsigned> running_{0};
  std::atomic<unsigned> count_{0};
  const std::function<void(unsigned)>* job_ = nullptr;
  std::vector<Times> times_ = std::vector<Times>(CPU_SETSIZE);
  std::vector<std::thread> threads_;
};

/// Anonymous memory on huge pages where there are any.
class Buffer {
 public:
  explicit Buffer(std::uint64_t size) : size_(size) {
    void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) throw std::bad_alloc();
    ::madvise(data, size, MADV_HUGEPAGE);
    data_ = static_cast<char*>(data);
  }
  Buffer(const Buffer&) = delete;  // owns the mapping
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { ::munmap(data_, size_); }

  /// Part `index` of `count`, in whole pages.
  [[nodiscard]] std::pair<char*, std::uint64_t> part(unsigned index, unsigned count) const {
    const std::uint64_t size = size_ / count / kPage * kPage;
    return {data_ + index * size, size};
  }

 private:
  char* data_;
  std::uint64_t size_;
};

}  // namespace

class CeilingProbe::Impl {
 public:
  Impl()
      : kernels_(best_kernels()),
        cores_(allowed_cores()),
        team_(cores_),
        buffer_(std::max(std::uint64_t{128} << 20, 4 * last_level_cache())) {
    const auto count = static_cast<unsigned>(cores_.size());
    team_.run(count, [&](unsigned index) {
      const auto [data, size] = buffer_.part(index, count);
      std::fill_n(data, size, '\1');
    });
  }

  Ceilings measure(unsigned threads) {
    threads = std::clamp(threads, 1U, static_cast<unsigned>(cores_.size()));
    Ceilings best;
    for (int pass = 0; pass < kPasses; ++pass) {
      for (auto* read : {kernels_.read_sequential, kernels_.read_streams}) {
        best.read_bandwidth = std::max(best.read_bandwidth, read_rate(threads, read));
      }
      best.int8_peak = std::max(
          best.int8_peak, loop_rate(threads, kernels_.int8_loop, kernels_.int8_per_iteration));
      best.f32_peak = std::max(best.f32_peak,
                               loop_rate(threads, kernels_.f32_loop, kernels_.f32_per_iteration));
    }
    return best;
  }

 private:
  double read_rate(unsigned threads, std::uint64_t (*read)(const void*, std::size_t)) {
    const double seconds = team_.run(threads, [&](unsigned index) {
      const auto [data, size] = buffer_.part(index, threads);
      sink_ = static_cast<double>(read(data, size));
    });
    return static_cast<double>(buffer_.part(0, threads).second) * threads / seconds;
  }

  template <class Loop>
  double loop_rate(unsigned threads, Loop* loop, std::uint64_t per_iteration) {
    std::uint64_t iterations = 1024;
    while (true) {
      const double seconds =
          team_.run(threads, [&](unsigned) { sink_ = static_cast<double>(loop(iterations)); });
      if (seconds >= kPassSeconds) {
        return static_cast<double>(iterations * per_iteration) * threads / seconds;
      }
      iterations *= seconds > kPassSeconds / 4 ? 2 : 4;
    }
  }

  const CeilingKernels& kernels_;
  std::vector<int> cores_;
  Team team_;
  Buffer buffer_;
  std::atomic<double> sink_{0};  // results go somewhere, so that no loop is dead
};

CeilingProbe::CeilingProbe() : impl_(std::make_unique<Impl>()) {}
CeilingProbe::~CeilingProbe() = default;

Ceilings CeilingProbe::measure(unsigned threads) { return impl_->measure(threads); }

unsigned usable_cores() {
  auto cores = static_cast<unsigned>(allowed_cores().size());
  const double quota = quota_cores();
  if (quota > 0) cores = std::min(cores, static_cast<unsigned>(std::ceil(quota)));
  return std::max(cores, 1U);
}

std::uint64_t last_level_cache() {
  static const std::uint64_t size = [] {
    std::uint64_t largest = 0;
    for (int index = 0; index < 8; ++index) {
      std::ifstream in("/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) +
                       "/size");
      std::uint64_t value = 0;
      char unit = 0;
      if (!(in >> value >> unit)) continue;
      largest = std::max(largest, value * (unit == 'M' ? 1U << 20 : 1U << 10));
    }
    return largest > 0 ? largest : std::uint64_t{32} << 20;
  }();
  return size;
}

}  // namespace bitgate

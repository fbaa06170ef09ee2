#include "measure/ceilings.hpp"

#include <sys/mman.h>
#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include <algorithm>
#include <atomic>
#include <new>
#include <utility>
#include <vector>

#include "measure/ceiling_kernels.hpp"
#include "measure/core_team.hpp"
#include "measure/machine.hpp"

namespace bitgate {
namespace {

constexpr std::uint64_t kGrain = 16384;  // what the reading loops take
constexpr unsigned kWindows = 4;         // a quarter of the buffer at a time is read
constexpr unsigned kReadPasses = 12;
constexpr unsigned kPeakPasses = 6;
constexpr double kPeakSeconds = 1.5e-3;  // of one pass

const CeilingKernels& best_kernels() {
#if defined(__x86_64__)
  // These look at what the operating system has enabled too, not at the processor alone.
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni")) {
    return __builtin_cpu_supports("avx512bf16") ? kCeilingAvx512Bf16 : kCeilingAvx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return kCeilingAvx2;
  return kCeilingScalar;
#elif defined(__aarch64__)
  const bool dotprod = (::getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
  return dotprod ? kCeilingNeonDotprod : kCeilingNeon;
#else
  return kCeilingScalar;
#endif
}

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

  /// The share of thread `index` of `count`.
  [[nodiscard]] std::pair<char*, std::uint64_t> share(unsigned index, unsigned count) const {
    const std::uint64_t size = size_ / count / (kGrain * kWindows) * (kGrain * kWindows);
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
        team_(allowed_cores()),
        buffer_(std::max(std::uint64_t{128} << 20, kColdCaches * last_level_cache())) {
    // Written by the thread that will read it, so that it lies in that core's memory.
    team_.run(team_.size(), [&](unsigned index) {
      const auto [data, size] = buffer_.share(index, team_.size());
      std::fill_n(data, size, '\1');
    });
  }

  Ceilings measure(unsigned threads) {
    threads = std::clamp(threads, 1U, team_.size());
    Ceilings best;
    best.read_bandwidth = read_bandwidth(threads);
    best.int8_peak = peak(threads, kernels_.int8, int8_iterations_);
    best.f32_peak = peak(threads, kernels_.f32, f32_iterations_);
    best.bf16_peak = std::max(best.f32_peak, peak(threads, kernels_.bf16, bf16_iterations_));
    return best;
  }

  double read_bandwidth(unsigned threads) {
    threads = std::clamp(threads, 1U, team_.size());
    std::vector<ReadLoop*> ways;
    for (ReadLoop* way : kernels_.reads) {
      if (way != nullptr) ways.push_back(way);
    }
    // One sweep that does not count: it pushes out of the caches whatever an earlier call left.
    for (unsigned window = 0; window < kWindows; ++window) read(threads, window, *ways[0]);
    double best = 0;
    for (unsigned pass = 0; pass < kReadPasses; ++pass) {
      best = std::max(best, read(threads, pass % kWindows, *ways[pass % ways.size()]));
    }
    return best;
  }

 private:
  /// Bytes a second of one window of every thread's share.
  double read(unsigned threads, unsigned window, ReadLoop& way) {
    const std::uint64_t size = buffer_.share(0, threads).second / kWindows;
    const double seconds = team_.run(threads, [&](unsigned index) {
      sink_ = way(buffer_.share(index, threads).first + window * size, size);
    });
    return static_cast<double>(size * threads) / seconds;
  }

  /// Multiply-adds a second. `iterations` of a pass grow until it is long enough, and stay so.
  template <std::size_t N>
  double peak(unsigned threads, const PeakLoop (&loops)[N], std::uint64_t& iterations) {
    double best = 0;
    for (const PeakLoop& loop : loops) {
      if (loop.run == nullptr) continue;
      for (unsigned pass = 0; pass < kPeakPasses;) {
        const double seconds = team_.run(threads, [&](unsigned) { sink_ = loop.run(iterations); });
        if (seconds < kPeakSeconds) {
          iterations *= 2;
          continue;
        }
        ++pass;
        best = std::max(best,
                        static_cast<double>(iterations * loop.per_iteration) * threads / seconds);
      }
    }
    return best;
  }

  const CeilingKernels& kernels_;
  CoreTeam team_;
  Buffer buffer_;
  std::uint64_t int8_iterations_ = 1024;
  std::uint64_t f32_iterations_ = 1024;
  std::uint64_t bf16_iterations_ = 1024;
  std::atomic<std::uint64_t> sink_{0};  // results go somewhere, so that no loop is dead
};

CeilingProbe::CeilingProbe() : impl_(std::make_unique<Impl>()) {}
CeilingProbe::~CeilingProbe() = default;

Ceilings CeilingProbe::measure(unsigned threads) {
  Ceilings measured = impl_->measure(threads);
  measured.cache = last_level_cache();
  return measured;
}

double CeilingProbe::read_bandwidth(unsigned threads) { return impl_->read_bandwidth(threads); }

Ceilings best_of(const Ceilings& a, const Ceilings& b) {
  return {std::max(a.read_bandwidth, b.read_bandwidth), std::max(a.int8_peak, b.int8_peak),
          std::max(a.f32_peak, b.f32_peak), std::max(a.bf16_peak, b.bf16_peak),
          std::max(a.cache, b.cache)};
}

}  // namespace bitgate

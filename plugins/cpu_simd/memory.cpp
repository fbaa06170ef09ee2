#include "memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include <bitgate/plugin.hpp>

namespace cpu_simd {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kSmallestPage = 4096;
constexpr std::size_t kRegion = std::size_t{32} << 20;
constexpr std::size_t kLargest = kRegion / 2;  // above, a mapping of its own wastes little

constexpr std::size_t round_up(std::size_t value, std::size_t to) {
  return (value + to - 1) / to * to;
}

/// A whole number of huge pages. The system places a mapping anywhere, and a huge page only where
/// one fits, so one more is mapped and what is beside the right place given back. nullptr: there is
/// no memory.
char* map_huge(std::size_t size) {
  void* mapped =
      ::mmap(nullptr, size + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  char* begin = static_cast<char*>(mapped);
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  const std::size_t before = round_up(address, kHugePage) - address;
  char* data = begin + before;
  if (before > 0) ::munmap(begin, before);
  ::munmap(data + size, kHugePage - before);
  ::madvise(data, size, MADV_HUGEPAGE);
  return data;
}

/// Makes the system provide every page now: at its first use inside a run, a page costs as much as
/// multiplying with what lies on it.
void touch(char* data, std::size_t size) {
  auto* bytes = static_cast<volatile char*>(data);
  for (std::size_t at = 0; at < size; at += kSmallestPage) bytes[at] = 0;
}

/// Hands out parts of regions, whole small pages, one close behind the other: what every tensor
/// leaves of its last huge page would be an eighth of a model. A region that nobody uses any more
/// goes back to the system.
class Arena {
 public:
  /// Zeros, if they are to be provided. nullptr: there is no memory.
  char* take(std::size_t size, bool provide) {
    size = round_up(size, kSmallestPage);
    const std::lock_guard lock(mutex_);
    for (Region& region : regions_) {
      if (char* data = region.take(size, provide)) return data;
    }
    char* begin = map_huge(kRegion);
    if (begin == nullptr) return nullptr;
    return regions_.emplace_back(begin).take(size, provide);
  }

  void give_back(char* data, std::size_t size) {
    size = round_up(size, kSmallestPage);
    const std::lock_guard lock(mutex_);
    const auto region = std::find_if(regions_.begin(), regions_.end(), [&](const Region& one) {
      return data >= one.begin && data < one.begin + kRegion;
    });
    region->give_back(static_cast<std::size_t>(data - region->begin), size);
    if (!region->unused()) return;
    ::munmap(region->begin, kRegion);
    regions_.erase(region);
  }

 private:
  struct Region {
    explicit Region(char* data) : begin(data) {}

    char* take(std::size_t size, bool provide) {
      const auto fits = std::find_if(free.begin(), free.end(),
                                     [&](const auto& hole) { return hole.second >= size; });
      if (fits == free.end()) return nullptr;
      const std::size_t at = fits->first;
      const std::size_t left = fits->second - size;
      free.erase(fits);
      if (left > 0) free.emplace(at + size, left);
      char* data = begin + at;
      const std::size_t again = std::min(size, used - std::min(used, at));
      if (provide) {
        std::memset(data, 0, again);
        touch(data + again, size - again);
      }
      used = std::max(used, at + size);
      return data;
    }

    void give_back(std::size_t at, std::size_t size) {
      auto hole = free.emplace(at, size).first;
      const auto next = std::next(hole);
      if (next != free.end() && at + size == next->first) {
        hole->second += next->second;
        free.erase(next);
      }
      if (hole == free.begin()) return;
      const auto before = std::prev(hole);
      if (before->first + before->second != at) return;
      before->second += hole->second;
      free.erase(hole);
    }

    [[nodiscard]] bool unused() const { return free.begin()->second == kRegion; }

    char* begin;
    std::map<std::size_t, std::size_t> free{{0, kRegion}};  // offset -> size, none beside another
    std::size_t used = 0;  // what lies behind is as the system gave it
  };

  std::mutex mutex_;
  std::list<Region> regions_;
};

Arena& arena() {
  static Arena one;
  return one;
}

}  // namespace

Memory::Memory(std::size_t size) : Memory(size, true) {}

Memory::Memory(std::size_t size, bool provide) : size_(size) {
  if (size == 0) return;
  char* data = nullptr;
  if (size <= kLargest) {
    data = arena().take(size, provide);
  } else if (size < SIZE_MAX - 2 * kHugePage) {
    mapped_ = round_up(size, kHugePage);
    data = map_huge(mapped_);
    if (data != nullptr && provide) touch(data, size);
  }
  if (data == nullptr) {
    throw bitgate::Error(BG_OUT_OF_MEMORY, "no memory for " + std::to_string(size) + " bytes");
  }
  data_ = data;
}

void Memory::provide() { touch(as<char>(), size_); }

Memory::Memory(Memory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      mapped_(std::exchange(other.mapped_, 0)) {}

Memory& Memory::operator=(Memory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

Memory::~Memory() {
  if (data_ == nullptr) return;
  if (mapped_ > 0) {
    ::munmap(data_, mapped_);
  } else {
    arena().give_back(static_cast<char*>(data_), size_);
  }
}

}  // namespace cpu_simd

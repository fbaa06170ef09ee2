#include "simulator/executor.hpp"

#include <algorithm>

namespace bg_cuda::simulator {
namespace {

constexpr std::size_t kSharedMost = 48U << 10;  // what a block can have without asking for more
constexpr std::byte kPoison{0xA5};
constexpr std::size_t kLanes = 32;

}  // namespace

const Place& place() { return running->place(); }
void barrier() { running->barrier(); }
void* shared(std::size_t size) { return running->shared(size); }
const Fragments* exchange(const Fragments& mine) { return running->exchange(mine); }

Place place_of(std::size_t thread, std::size_t number, Extent2 grid, Extent2 block) {
  return {static_cast<std::uint32_t>(thread % block.x),
          static_cast<std::uint32_t>(thread / block.x),
          static_cast<std::uint32_t>(number % grid.x),
          static_cast<std::uint32_t>(number / grid.x),
          block.x,
          grid.x};
}

void SharedMemory::poison(std::size_t threads) {
  arena_.resize(kSharedMost);
  std::fill(arena_.begin(), arena_.end(), kPoison);
  for (std::vector<Fragments>& one : fragments_) one.resize(threads);
}

void* SharedMemory::take(std::size_t& used, std::size_t size) {
  void* const place = arena_.data() + used;
  used += (size + 15) / 16 * 16;
  if (used > arena_.size()) __builtin_trap();  // a kernel that no GPU would start
  return place;
}

const Fragments* SharedMemory::give(std::size_t thread, std::size_t& exchanges,
                                    const Fragments& mine) {
  std::vector<Fragments>& place = fragments_[exchanges++ % fragments_.size()];
  place[thread] = mine;
  return place.data() + thread / kLanes * kLanes;
}

}  // namespace bg_cuda::simulator

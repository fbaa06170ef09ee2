#include "memory.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <string>
#include <utility>

#include <bitgate/plugin.hpp>

namespace cpu_simd {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

std::size_t round_up(std::size_t value) { return (value + kHugePage - 1) / kHugePage * kHugePage; }

void* map(std::size_t size) {
  void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return data == MAP_FAILED ? nullptr : data;
}

/// A whole number of huge pages. The system places a mapping anywhere, and a huge page only where
/// one fits, so one more is mapped and what is beside the right place given back.
void* map_huge(std::size_t size) {
  void* mapped = map(size + kHugePage);
  if (mapped == nullptr) return nullptr;
  char* begin = static_cast<char*>(mapped);
  const std::size_t before =
      round_up(reinterpret_cast<std::uintptr_t>(begin)) - reinterpret_cast<std::uintptr_t>(begin);
  char* data = begin + before;
  if (before > 0) ::munmap(begin, before);
  ::munmap(data + size, kHugePage - before);
  ::madvise(data, size, MADV_HUGEPAGE);
  return data;
}

/// Makes the system provide every page now: at its first use inside a run, a page costs as much as
/// multiplying with what lies on it.
void touch(void* data, std::size_t size) {
  constexpr std::size_t kSmallestPage = 4096;
  auto* bytes = static_cast<volatile char*>(data);
  for (std::size_t at = 0; at < size; at += kSmallestPage) bytes[at] = 0;
}

}  // namespace

Memory::Memory(std::size_t size) : size_(size), mapped_(size) {
  // Rounding up doubles it at most.
  const bool huge = size >= kHugePage / 2 && size < SIZE_MAX - 2 * kHugePage;
  if (huge) mapped_ = round_up(size);
  data_ = huge ? map_huge(mapped_) : map(mapped_);
  if (data_ == nullptr) {
    throw bitgate::Error(BG_OUT_OF_MEMORY, "no memory for " + std::to_string(size) + " bytes");
  }
  touch(data_, mapped_);
}

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
  if (data_ != nullptr) ::munmap(data_, mapped_);
}

}  // namespace cpu_simd

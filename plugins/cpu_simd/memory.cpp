#include "memory.hpp"

#include <sys/mman.h>

#include <string>
#include <utility>

#include <bitgate/plugin.hpp>

namespace cpu_simd {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

}  // namespace

Memory::Memory(std::size_t size) : size_(size) {
  // Kernels prefetch a little beyond the end, which is harmless, and read nothing there.
  data_ = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data_ == MAP_FAILED) {
    data_ = nullptr;
    throw bitgate::Error(BG_OUT_OF_MEMORY, "no memory for " + std::to_string(size) + " bytes");
  }
  if (size >= kHugePage) ::madvise(data_, size, MADV_HUGEPAGE);
}

Memory::Memory(Memory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Memory& Memory::operator=(Memory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Memory::~Memory() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace cpu_simd

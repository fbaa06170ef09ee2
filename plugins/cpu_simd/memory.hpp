// Memory for tensors: aligned to cache lines, on huge pages from 1 MiB on. A core reads memory on
// pages of 4 KiB at little more than half the rate.
#pragma once

#include <cstddef>
#include <span>

namespace cpu_simd {

/// Zeros, 64-byte aligned, whose pages are there: none is provided at its first use inside a run.
/// Throws bitgate::Error(BG_OUT_OF_MEMORY) naming the size.
class Memory {
 public:
  Memory() = default;
  explicit Memory(std::size_t size);
  Memory(Memory&& other) noexcept;
  Memory& operator=(Memory&& other) noexcept;
  Memory(const Memory&) = delete;  // owns the mapping
  Memory& operator=(const Memory&) = delete;
  ~Memory();

  [[nodiscard]] std::size_t size() const { return size_; }

  template <class T>
  [[nodiscard]] T* as() const {
    return static_cast<T*>(data_);
  }
  [[nodiscard]] std::span<std::byte> bytes() const { return {as<std::byte>(), size_}; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t mapped_ = 0;
};

}  // namespace cpu_simd

// Memory for tensors: aligned to pages of 4 KiB, and on huge ones. A core reads memory on pages of
// 4 KiB at little more than half the rate.
#pragma once

#include <cstddef>
#include <span>

namespace cpu_simd {

/// Zeros, whose pages are there: none is provided at its first use inside a run.
/// Throws bitgate::Error(BG_OUT_OF_MEMORY) naming the size.
class Memory {
 public:
  Memory() = default;
  explicit Memory(std::size_t size);
  /// Of any content, and its pages may come as they are written: clearing and writing them together
  /// takes two thirds of the time of one after the other.
  static Memory unprovided(std::size_t size) { return {size, false}; }
  /// Makes the system provide every page now, for memory that was not written yet, whose content
  /// may change.
  void provide();

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
  Memory(std::size_t size, bool provide);

  void* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t mapped_ = 0;  ///< of a mapping of its own; 0: it is a part of one
};

}  // namespace cpu_simd

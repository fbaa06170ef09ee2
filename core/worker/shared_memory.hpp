// Memory that host and worker share: an anonymous file, mapped on both sides.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bitgate::worker {

/// Owns a descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release();
  void reset();
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// A mapped region; moves, unmaps itself. Throws std::system_error where memory lacks.
class SharedMemory {
 public:
  SharedMemory() = default;
  /// A new zeroed region of `size` bytes. `what` names it in /proc, for people.
  SharedMemory(std::uint64_t size, const char* what);
  /// A region that the other side made. Its pages are touched, so that later use faults no more.
  SharedMemory(Fd fd, std::uint64_t size);
  /// `size` bytes of a file from byte `offset` on, not to be written to. Pages come as they are
  /// read, which several threads do faster together than one could touch them before.
  SharedMemory(Fd fd, std::uint64_t offset, std::uint64_t size);
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory();

  [[nodiscard]] std::span<std::byte> bytes() const { return {data_ + lead_, size_}; }
  [[nodiscard]] bool writable() const { return writable_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

  /// The region as an array of T.
  template <class T>
  [[nodiscard]] std::span<T> as() const {
    return {reinterpret_cast<T*>(data_ + lead_), size_ / sizeof(T)};
  }

 private:
  void map(bool populate, std::uint64_t offset = 0);

  Fd fd_;
  std::byte* data_ = nullptr;
  std::uint64_t lead_ = 0;  ///< mapped bytes before the region: mappings begin with a page
  std::uint64_t size_ = 0;
  bool writable_ = true;
};

}  // namespace bitgate::worker

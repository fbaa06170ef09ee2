#include "worker/shared_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace bitgate::worker {
namespace {

[[noreturn]] void raise(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int Fd::release() { return std::exchange(fd_, -1); }

void Fd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

SharedMemory::SharedMemory(std::uint64_t size, const char* what)
    : fd_(::memfd_create(what, MFD_CLOEXEC)), size_(size) {
  if (!fd_ || ::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) {
    raise(std::string("shared memory for ") + what);
  }
  map(false);
}

SharedMemory::SharedMemory(Fd fd, std::uint64_t size) : fd_(std::move(fd)), size_(size) {
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0 || static_cast<std::uint64_t>(status.st_size) < size) {
    throw std::invalid_argument("a shared region is smaller than announced");
  }
  map(true);
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : fd_(std::move(other.fd_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

SharedMemory::~SharedMemory() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

void SharedMemory::map(bool populate) {
  const int flags = MAP_SHARED | (populate ? MAP_POPULATE : 0);
  void* data = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, flags, fd_.get(), 0);
  if (data == MAP_FAILED) raise("mapping shared memory");
  data_ = static_cast<std::byte*>(data);
}

}  // namespace bitgate::worker

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

void require_size(const Fd& fd, std::uint64_t size) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || static_cast<std::uint64_t>(status.st_size) < size) {
    throw std::invalid_argument("a shared region is smaller than announced");
  }
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
  require_size(fd_, size);
  map(true);
}

SharedMemory::SharedMemory(Fd fd, std::uint64_t offset, std::uint64_t size)
    : fd_(std::move(fd)), size_(size), writable_(false) {
  if (offset > UINT64_MAX - size) throw std::invalid_argument("a region beyond any file");
  require_size(fd_, offset + size);
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  lead_ = offset % page;
  map(false, offset - lead_);
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : fd_(std::move(other.fd_)),
      data_(std::exchange(other.data_, nullptr)),
      lead_(std::exchange(other.lead_, 0)),
      size_(std::exchange(other.size_, 0)),
      writable_(other.writable_) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(data_, other.data_);
  std::swap(lead_, other.lead_);
  std::swap(size_, other.size_);
  std::swap(writable_, other.writable_);
  return *this;
}

SharedMemory::~SharedMemory() {
  if (data_ != nullptr) ::munmap(data_, lead_ + size_);
}

void SharedMemory::map(bool populate, std::uint64_t offset) {
  const int flags = MAP_SHARED | (populate ? MAP_POPULATE : 0);
  const int access = PROT_READ | (writable_ ? PROT_WRITE : 0);
  void* data = ::mmap(nullptr, lead_ + size_, access, flags, fd_.get(), static_cast<off_t>(offset));
  if (data == MAP_FAILED) raise("mapping shared memory");
  data_ = static_cast<std::byte*>(data);
}

}  // namespace bitgate::worker

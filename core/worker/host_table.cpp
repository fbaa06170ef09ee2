#include "worker/host_table.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <system_error>

namespace bitgate::worker {
namespace {

/// Of ABI 1.0; later members lie behind.
constexpr std::size_t kFirstSize =
    offsetof(bg_host, get_interface) + sizeof(bg_host::get_interface);
constexpr std::size_t kMore = 64;  // of a later minor's members

}  // namespace

HostSize host_size_of(std::string_view word) {
  if (word == "own") return HostSize::kOwn;
  if (word == "first") return HostSize::kFirst;
  if (word == "growing") return HostSize::kGrowing;
  throw std::invalid_argument("no host table '" + std::string(word) + "'");
}

HostTable::HostTable(const bg_host& host, HostSize size) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  mapped_ = 2 * page;
  void* pages =
      ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), "mapping a page");
  pages_ = static_cast<std::byte*>(pages);
  std::size_t bytes = sizeof(bg_host);
  std::byte* at = pages_;
  if (size == HostSize::kFirst) {
    bytes = kFirstSize;
    at = pages_ + page - bytes;
    ::mprotect(pages_ + page, page, PROT_NONE);
  } else if (size == HostSize::kGrowing) {
    bytes += kMore;
    std::memset(at, 0xA5, bytes);
  }
  std::memcpy(at, &host, std::min(bytes, sizeof(bg_host)));
  table_ = reinterpret_cast<bg_host*>(at);
  table_->struct_size = static_cast<std::uint32_t>(bytes);
  if (size == HostSize::kFirst) table_->abi_minor = 0;
  if (size == HostSize::kGrowing) table_->abi_minor = BG_ABI_MINOR + 1;
}

HostTable::~HostTable() { ::munmap(pages_, mapped_); }

}  // namespace bitgate::worker

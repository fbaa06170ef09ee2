// The bg_host that a plugin is shown. Hosts of other minor versions have shorter or longer ones,
// and a plugin must get along with all of them.
#pragma once

#include <bitgate/abi.h>

#include <cstddef>
#include <string_view>

namespace bitgate::worker {

enum class HostSize {
  kOwn,      ///< as this host's header has it
  kFirst,    ///< ABI 1.0's, with memory behind it that can't be read
  kGrowing,  ///< as of a later minor: more members, and they are not zero
};

/// "own", "first", "growing". Throws std::invalid_argument for other words.
HostSize host_size_of(std::string_view word);

/// Storage for one host table.
class HostTable {
 public:
  /// Copies `host`, whose struct_size and abi_minor are replaced by those of `size`.
  HostTable(const bg_host& host, HostSize size);
  HostTable(const HostTable&) = delete;  // plugins keep pointers to it
  HostTable& operator=(const HostTable&) = delete;
  ~HostTable();

  [[nodiscard]] const bg_host* get() const { return table_; }

 private:
  std::byte* pages_ = nullptr;
  std::size_t mapped_ = 0;
  bg_host* table_ = nullptr;
};

}  // namespace bitgate::worker

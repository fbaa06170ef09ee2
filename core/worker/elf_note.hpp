// Who a plugin file says it is, read from its ELF notes without running any of its code.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace bitgate::worker {

struct Identity {
  std::string id;
  std::string kind;  ///< "backend", "reporter"
  std::string version;
  std::string build;  ///< compiler and flags, as the plugin says
  std::uint16_t abi_major = 0;
  std::uint16_t abi_minor = 0;
  std::uint16_t min_host_minor = 0;

  [[nodiscard]] std::string abi() const {
    return std::to_string(abi_major) + "." + std::to_string(abi_minor);
  }
};

/// All bitgate notes of a shared library, at least one, each of another id. Throws
/// std::runtime_error with a sentence for people if the file can't be read, is no 64-bit shared
/// library, or carries no valid note.
std::vector<Identity> read_identities(const std::filesystem::path& path);

}  // namespace bitgate::worker

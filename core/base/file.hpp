// Reading and writing whole files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace bitgate {

/// The content of a regular file of at most `limit` bytes. Throws std::system_error if it can't be
/// read, with EFBIG if it is larger and ENOTSUP for pipes, devices and the like: it never blocks.
std::string read_file(const std::filesystem::path& path, std::uint64_t limit);

/// Writes everything to a descriptor, waiting where it would block. Throws std::system_error.
void write_all(int fd, std::string_view content);

}  // namespace bitgate

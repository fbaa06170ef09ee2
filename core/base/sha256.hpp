// SHA-256 digests as lower-case hex.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace bitgate {

std::string sha256(std::span<const std::byte> bytes);
std::string sha256(std::string_view text);

/// Digest of a file's content. Throws std::system_error if it can't be read.
std::string sha256_file(const std::filesystem::path& path);

}  // namespace bitgate

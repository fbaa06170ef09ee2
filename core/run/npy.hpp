// NumPy's file format, as far as logits need it (numpy.lib.format, version 1.0).
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace bitgate {

/// Replaces the file by an array '<f4' of [rows, cols], of which `values` has all. Throws
/// std::system_error.
void write_npy(const std::filesystem::path& path, std::span<const float> values, std::uint64_t rows,
               std::uint64_t cols);

}  // namespace bitgate

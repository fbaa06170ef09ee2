#include "run/npy.hpp"

#include <bitgate/atomic_file.hpp>

#include <bit>
#include <string>

#include <fmt/format.h>

namespace bitgate {

static_assert(std::endian::native == std::endian::little, "values are written as they are");

void write_npy(const std::filesystem::path& path, std::span<const float> values, std::uint64_t rows,
               std::uint64_t cols) {
  std::string header =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", rows, cols);
  // Magic, version and length take 10 bytes; with the header a multiple of 64, ended by a newline.
  constexpr std::size_t kBefore = 10;
  constexpr std::size_t kAlignment = 64;
  header.resize((kBefore + header.size() + kAlignment) / kAlignment * kAlignment - kBefore - 1,
                ' ');
  header += '\n';
  std::string file = "\x93NUMPY";
  file +=
      {'\1', '\0', static_cast<char>(header.size() & 0xFF), static_cast<char>(header.size() >> 8)};
  file += header;
  file.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  write_file_atomically(path, file);
}

}  // namespace bitgate

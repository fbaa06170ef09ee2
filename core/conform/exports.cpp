#include "conform/exports.hpp"

#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "base/file.hpp"

namespace bitgate::conform {
namespace {

constexpr std::uint64_t kLargest = std::uint64_t{4} << 30;

/// A structure or text at an offset of the file's bytes.
template <class T>
T at(const std::string& file, std::uint64_t offset) {
  if (offset > file.size() || file.size() - offset < sizeof(T)) {
    throw std::runtime_error("the library's section table is cut short");
  }
  T value;
  std::memcpy(&value, file.data() + offset, sizeof(T));
  return value;
}

std::string text_at(const std::string& file, std::uint64_t offset) {
  if (offset >= file.size()) throw std::runtime_error("the library's names are cut short");
  return std::string(file.c_str() + offset);
}

}  // namespace

std::vector<std::string> exported_symbols(const std::filesystem::path& library) {
  const std::string file = read_file(library, kLargest);
  const auto header = at<Elf64_Ehdr>(file, 0);
  const auto section = [&](std::uint64_t index) {
    return at<Elf64_Shdr>(file, header.e_shoff + index * sizeof(Elf64_Shdr));
  };
  std::vector<std::string> names;
  for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr table = section(i);
    if (table.sh_type != SHT_DYNSYM) continue;
    const Elf64_Shdr strings = section(table.sh_link);
    for (std::uint64_t offset = 0; offset + sizeof(Elf64_Sym) <= table.sh_size;
         offset += sizeof(Elf64_Sym)) {
      const auto symbol = at<Elf64_Sym>(file, table.sh_offset + offset);
      const bool local = ELF64_ST_BIND(symbol.st_info) == STB_LOCAL;
      const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
      const bool hidden = visibility == STV_HIDDEN || visibility == STV_INTERNAL;
      if (symbol.st_shndx == SHN_UNDEF || local || hidden) continue;
      names.push_back(text_at(file, strings.sh_offset + symbol.st_name));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace bitgate::conform

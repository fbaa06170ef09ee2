#include "worker/elf_note.hpp"

#include <bitgate/abi.h>

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <optional>
#include <span>
#include <stdexcept>

#include <fmt/format.h>

namespace bitgate::worker {
namespace {

constexpr std::uint64_t kMaxNotes = std::uint64_t{1} << 20;  // bytes of one note segment
constexpr std::size_t kNoteHeader = 12;                      // three 32-bit words
constexpr std::size_t kDescriptor = sizeof(bg_note) - offsetof(bg_note, abi_major);

/// Reads structures at given offsets of a file.
class FileView {
 public:
  explicit FileView(const std::filesystem::path& path) : in_(path, std::ios::binary) {
    if (!in_) throw std::runtime_error("can't be opened");
  }

  template <class T>
  T at(std::uint64_t offset) {
    T value;
    read(offset, &value, sizeof(value));
    return value;
  }

  std::vector<char> bytes(std::uint64_t offset, std::uint64_t size) {
    std::vector<char> out(size);
    read(offset, out.data(), size);
    return out;
  }

 private:
  void read(std::uint64_t offset, void* to, std::uint64_t size) {
    in_.clear();
    in_.seekg(static_cast<std::streamoff>(offset));
    in_.read(static_cast<char*>(to), static_cast<std::streamsize>(size));
    if (!in_) throw std::runtime_error("is cut short");
  }

  std::ifstream in_;
};

std::string padded_text(const char* data, std::size_t size) {
  return {data, std::find(data, data + size, '\0')};
}

bool valid_id(const std::string& id) {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  });
}

Identity identity_of(std::span<const char> descriptor) {
  bg_note note{};
  std::memcpy(reinterpret_cast<char*>(&note) + offsetof(bg_note, abi_major), descriptor.data(),
              kDescriptor);
  Identity identity;
  identity.id = padded_text(note.id, sizeof(note.id));
  identity.version = padded_text(note.version, sizeof(note.version));
  identity.build = padded_text(note.build, sizeof(note.build));
  identity.abi_major = note.abi_major;
  identity.abi_minor = note.abi_minor;
  identity.min_host_minor = note.min_host_minor;
  if (!valid_id(identity.id)) throw std::runtime_error("has a note with an invalid plugin id");
  if (note.kind == BG_KIND_BACKEND) {
    identity.kind = "backend";
  } else if (note.kind == BG_KIND_REPORTER) {
    identity.kind = "reporter";
  } else {
    throw std::runtime_error(fmt::format("has a note with the unknown plugin kind {}", note.kind));
  }
  return identity;
}

/// Walks the notes of one segment: three words, the owner and the descriptor, each padded to 4.
void collect(std::span<const char> notes, std::vector<Identity>& out) {
  const auto padded = [](std::uint64_t size) { return (size + 3) & ~std::uint64_t{3}; };
  while (notes.size() >= kNoteHeader) {
    std::uint32_t words[3];
    std::memcpy(words, notes.data(), sizeof(words));
    const std::uint64_t owner_size = padded(words[0]);
    const std::uint64_t whole = kNoteHeader + owner_size + padded(words[1]);
    if (whole > notes.size()) return;
    const std::string owner = padded_text(notes.data() + kNoteHeader, words[0]);
    if (owner == "bitgate" && words[2] == BG_NOTE_TYPE) {
      if (words[1] < kDescriptor) throw std::runtime_error("has a bitgate note that is too short");
      out.push_back(identity_of(notes.subspan(kNoteHeader + owner_size, kDescriptor)));
    }
    notes = notes.subspan(whole);
  }
}

}  // namespace

std::vector<Identity> read_identities(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) throw std::runtime_error("is no regular file");
  FileView file(path);
  const auto header = file.at<Elf64_Ehdr>(0);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_type != ET_DYN ||
      header.e_phentsize != sizeof(Elf64_Phdr)) {
    throw std::runtime_error("is no 64-bit little-endian shared library");
  }
#if defined(__x86_64__)
  constexpr Elf64_Half kMachine = EM_X86_64;
#else
  constexpr Elf64_Half kMachine = EM_AARCH64;
#endif
  if (header.e_machine != kMachine) throw std::runtime_error("is built for another processor");

  std::vector<Identity> identities;
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = file.at<Elf64_Phdr>(header.e_phoff + i * sizeof(Elf64_Phdr));
    if (segment.p_type != PT_NOTE || segment.p_filesz > kMaxNotes) continue;
    collect(file.bytes(segment.p_offset, segment.p_filesz), identities);
  }
  if (identities.empty()) {
    throw std::runtime_error(
        "has no bitgate note: it is no bitgate plugin (or was built without "
        "BITGATE_BACKEND, BITGATE_REPORTER or BG_PLUGIN_NOTE)");
  }
  for (std::size_t i = 1; i < identities.size(); ++i) {
    const std::span before(identities.data(), i);
    if (std::any_of(before.begin(), before.end(),
                    [&](const Identity& other) { return other.id == identities[i].id; })) {
      throw std::runtime_error(fmt::format(
          "has two notes of plugin '{}': give each plugin of a library an id of its own",
          identities[i].id));
    }
  }
  return identities;
}

}  // namespace bitgate::worker

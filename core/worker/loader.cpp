#include "worker/loader.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <boost/dll/shared_library.hpp>

#include "base/sha256.hpp"
#include "worker/elf_note.hpp"
#include "worker/floating_point.hpp"
#include "worker/plugin_tables.hpp"
#include "worker/shared_memory.hpp"

namespace bitgate::worker {
namespace {

using Query = const bg_plugin*(std::uint32_t, std::uint32_t);

/// The plugin's file, opened; what is checked below is this file and no other.
Fd open_file(const std::filesystem::path& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) {
    throw std::runtime_error(fmt::format("{} can't be opened any more: {}: run again",
                                         path.string(), std::generic_category().message(errno)));
  }
  return file;
}

std::filesystem::path path_of(const Fd& file) {
  return "/proc/self/fd/" + std::to_string(file.get());
}

/// A read-only part of a library in memory, and where it comes from in the file.
struct Segment {
  const char* memory = nullptr;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;
};

struct Library {
  std::uintptr_t address;  // somewhere in it
  bool found = false;
  std::vector<Segment> segments;
};

int collect_segments(dl_phdr_info* info, std::size_t, void* ctx) {
  auto& library = *static_cast<Library*>(ctx);
  std::vector<Segment> segments;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info->dlpi_phdr[i];
    if (header.p_type != PT_LOAD) continue;
    const std::uintptr_t start = info->dlpi_addr + header.p_vaddr;
    library.found |= library.address >= start && library.address - start < header.p_memsz;
    if ((header.p_flags & PF_W) == 0) {
      const auto* data = reinterpret_cast<const char*>(start);  // NOLINT(performance-no-int-to-ptr)
      segments.push_back({data, header.p_filesz, header.p_offset});
    }
  }
  if (library.found) library.segments = std::move(segments);
  return library.found ? 1 : 0;
}

/// memcmp that also reads what address sanitizers fence off between a library's constants.
__attribute__((no_sanitize("address"))) bool same_bytes(const char* a, const char* b,
                                                        std::size_t size) {
  std::size_t i = 0;
  for (; i + sizeof(std::uint64_t) <= size; i += sizeof(std::uint64_t)) {
    std::uint64_t x = 0;
    std::uint64_t y = 0;
    __builtin_memcpy(&x, a + i, sizeof(x));
    __builtin_memcpy(&y, b + i, sizeof(y));
    if (x != y) return false;
  }
  for (; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

bool same_content(int file, const Segment& segment) {
  std::vector<char> buffer(std::size_t{64} << 10);
  std::uint64_t done = 0;
  while (done < segment.size) {
    const auto wanted = std::min<std::uint64_t>(buffer.size(), segment.size - done);
    const ssize_t count =
        ::pread(file, buffer.data(), wanted, static_cast<off_t>(segment.offset + done));
    if (count <= 0) return false;
    const auto size = static_cast<std::size_t>(count);
    if (!same_bytes(segment.memory + done, buffer.data(), size)) return false;
    done += size;
  }
  return true;
}

const bg_plugin* find_in(bg_plugin_query_fn query, const std::string& id) {
  constexpr std::uint32_t kMostPlugins = 64;
  for (std::uint32_t index = 0; index < kMostPlugins; ++index) {
    const bg_plugin* plugin = query(BG_ABI_MINOR, index);
    if (plugin == nullptr) break;
    const std::string wrong = bad_size("bg_plugin", plugin->struct_size, kFirstSize<bg_plugin>);
    if (!wrong.empty()) throw std::runtime_error(wrong);
    if (to_string(plugin->id) == id) return plugin;
  }
  return nullptr;
}

/// Throws if what the code says about the plugin is not what its note says.
void require_same(const Identity& note, const bg_plugin& table) {
  const auto differ = [&](const char* what, const std::string& in_note,
                          const std::string& in_table) {
    if (in_note == in_table) return;
    throw std::runtime_error(fmt::format(
        "plugin '{}' has {} {} in its note and {} in its table: write both with the same macro",
        note.id, what, in_note, in_table));
  };
  differ("kind", note.kind,
         table.kind == BG_KIND_BACKEND    ? "backend"
         : table.kind == BG_KIND_REPORTER ? "reporter"
                                          : std::to_string(table.kind));
  differ("version", note.version, to_string(table.version));
  differ("ABI minor", std::to_string(note.abi_minor), std::to_string(table.abi_minor));
  differ("oldest host", std::to_string(note.min_host_minor), std::to_string(table.min_host_minor));
}

}  // namespace

bool is_mapped_from(int file, const void* address) {
  Library library{reinterpret_cast<std::uintptr_t>(address), false, {}};
  ::dl_iterate_phdr(collect_segments, &library);
  return library.found &&
         std::all_of(library.segments.begin(), library.segments.end(),
                     [&](const Segment& segment) { return same_content(file, segment); });
}

bg_plugin_query_fn load_query(const std::filesystem::path& path, const std::string& sha256) {
  const FloatingPointGuard guard;
  const Fd file = open_file(path);
  if (sha256_file(path_of(file)) != sha256) {
    throw std::runtime_error(
        fmt::format("{} changed after it was found: run again", path.string()));
  }
  using boost::dll::load_mode::type;
  const auto mode = static_cast<type>(RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  // A plugin's threads and statics may outlive any handle, so the library stays until the process
  // ends, which RTLD_NODELETE is for.
  const boost::dll::shared_library library(path, mode);
  if (!library.has(BG_QUERY_SYMBOL)) {
    throw std::runtime_error(
        fmt::format("{} does not export {}: declare it BG_EXPORT", path.string(), BG_QUERY_SYMBOL));
  }
  const bg_plugin_query_fn query = &library.get<Query>(BG_QUERY_SYMBOL);
  if (!is_mapped_from(file.get(), reinterpret_cast<const void*>(query))) {
    throw std::runtime_error(fmt::format(
        "{} is not the file that was checked: it was replaced while it was loaded (run again), or "
        "its code is patched at load time (build it with -fPIC)",
        path.string()));
  }
  return query;
}

const bg_plugin& load_plugin(const std::filesystem::path& path, const std::string& sha256,
                             const std::string& id) {
  const FloatingPointGuard guard;
  const bg_plugin* found = find_in(load_query(path, sha256), id);
  if (found == nullptr) {
    throw std::runtime_error(
        fmt::format("{}: its note names plugin '{}', its query does not", path.string(), id));
  }
  for (const Identity& identity : read_identities(path)) {
    if (identity.id == id) require_same(identity, *found);
  }
  return *found;
}

}  // namespace bitgate::worker

// Loading a plugin library into this process, once and for good.
#pragma once

#include <bitgate/abi.h>

#include <filesystem>
#include <string>

namespace bitgate::worker {

/// Loads the library (symbols bound at once, local, never unloaded) and returns its query. `path`
/// is absolute and canonical. Throws std::runtime_error with the dynamic linker's words, or if the
/// file's digest is not `sha256`, or if another file took its place while it was loaded. The
/// floating-point environment is the same afterwards, whatever the library's initialisers did.
bg_plugin_query_fn load_query(const std::filesystem::path& path, const std::string& sha256);

/// The plugin with this id of the library, loaded as above. Throws std::runtime_error also if the
/// table can't be right or contradicts the file's note.
const bg_plugin& load_plugin(const std::filesystem::path& path, const std::string& sha256,
                             const std::string& id);

/// Whether the loaded library that holds `address` was mapped from this open file: its read-only
/// segments are compared byte for byte, since inode numbers of mappings differ from those of files
/// on some file systems.
bool is_mapped_from(int file, const void* address);

}  // namespace bitgate::worker

// Loading a plugin library into this process, once and for good.
#pragma once

#include <bitgate/abi.h>

#include <filesystem>
#include <string>

namespace bitgate::worker {

/// Loads the library (symbols bound at once, local, never unloaded) and returns its query. `path`
/// is absolute and canonical. Throws std::runtime_error with the dynamic linker's words, or if the
/// file's digest is not `sha256`. The floating-point environment is the same afterwards, whatever
/// the library's initialisers did.
bg_plugin_query_fn load_query(const std::filesystem::path& path, const std::string& sha256);

/// The plugin with this id of the library, loaded as above. Throws std::runtime_error also if the
/// table contradicts the file's note.
const bg_plugin& load_plugin(const std::filesystem::path& path, const std::string& sha256,
                             const std::string& id);

}  // namespace bitgate::worker

// Loading a plugin library into this process, once and for good.
#pragma once

#include <bitgate/abi.h>

#include <filesystem>
#include <string>

namespace bitgate::worker {

/// Loads the library (symbols bound at once, local, never unloaded) and returns the plugin with
/// this id. `path` is absolute and canonical. Throws std::runtime_error with the dynamic linker's
/// words, or if the file's digest is not `sha256`, or if the table contradicts the file's note. The
/// floating- point environment is the same afterwards, whatever the library's initialisers did.
const bg_plugin& load_plugin(const std::filesystem::path& path, const std::string& sha256,
                             const std::string& id);

}  // namespace bitgate::worker

// What a plugin library says of itself, as facts for the host.
#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

namespace bitgate::worker {

/// Loads the library and asks its query for every plugin, twice:
/// {"plugins": [{"id", "kind", "version", "build", "struct_size", "abi_minor", "min_host_minor",
///               "description": text, "status": of describe, "message": of describe}],
///  "ends": whether there was an end, "same": whether both times gave the same, "ns": of the
///  queries alone}. Throws as load_plugin does.
nlohmann::json query_facts(const std::filesystem::path& path, const std::string& sha256);

}  // namespace bitgate::worker

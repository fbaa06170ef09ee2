// The symbols that a shared library offers to others, read without loading it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace bitgate::conform {

/// Names of all defined symbols of the dynamic table that other objects can bind to, sorted. Throws
/// std::runtime_error if the file can't be read.
std::vector<std::string> exported_symbols(const std::filesystem::path& library);

}  // namespace bitgate::conform

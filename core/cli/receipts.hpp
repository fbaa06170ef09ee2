// Receipts that the command line names.
#pragma once

#include <string>
#include <system_error>

#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "receipt/read.hpp"

namespace bitgate::cli {

/// The one receipt of an argument `receipt`. Throws UsageError if none is named.
std::string receipt_path(const po::variables_map& values, const Usage& usage);

/// What `use` makes of the document in this file. What it throws as BadReceipt or std::system_error
/// becomes a UsageError that names the file, as it does where the file can't be read.
template <class Use>
auto with_receipt(const std::string& path, const Use& use) {
  try {
    return use(read_receipt(path));
  } catch (const BadReceipt& error) {
    throw UsageError(fmt::format("{} {}", path, error.what()));
  } catch (const std::system_error& error) {
    throw UsageError(fmt::format("{} can't be read: {}", path, error.code().message()));
  }
}

/// A receipt that says what follows from its samples; throws UsageError for another.
Receipt verified_receipt(const std::string& path);

}  // namespace bitgate::cli

// The secrets that a pipeline's reporters ask for: where they come from, and how they are kept out
// of everything that the program says.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "worker/secrets.hpp"
#include "worker/worker.hpp"

namespace bitgate {

/// The values of all "${secret:NAME}" in a reporter's options: what the environment variable NAME
/// holds, else the content of the file that NAME_FILE names, without a line break at its end. One
/// that is in neither place is left out; the reporter learns why when it asks. Throws
/// std::runtime_error if the file can't be read.
worker::Secrets read_secrets(const nlohmann::json& options);

/// The text with "***" for every secret in it.
std::string without_secrets(std::string text, const worker::Secrets& secrets);

/// The same options, of which nothing that a plugin logs or writes holds a secret.
worker::WorkerOptions discreet(const worker::WorkerOptions& options,
                               const worker::Secrets& secrets);

}  // namespace bitgate

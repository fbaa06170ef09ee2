// bitgate repro
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/plugin_options.hpp"
#include "conform/examination.hpp"
#include "receipt/receipt.hpp"
#include "worker/search.hpp"

namespace bitgate::cli {
namespace {

conform::Repro repro_of(const std::string& token) {
  try {
    return conform::parse_token(token);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

/// Runs the case in a worker; the objection, or what ended the worker.
std::optional<std::string> run_case(const conform::Repro& repro, conform::Examine examine,
                                    const worker::SearchOptions& rules) {
  const worker::PluginFile file = worker::plugin_at(repro.plugin, "backend", rules);
  try {
    worker::BackendClient client(file, repro.options, {});
    client.open_session(repro.device, 1);
    conform::Probe probe(client, repro.device);
    return examine(probe, repro.what);
  } catch (const worker::Fault& fault) {
    return fault.what();
  } catch (const worker::PluginError& error) {
    return error.what();
  }
}

}  // namespace

int repro(const Arguments& arguments) {
  const Usage usage{"bitgate repro TOKEN [options]",
                    "Runs one case that `bitgate plugin check` found, with its seed, and shows the "
                    "first element that\ndiffers. Exit codes: 0 the case is right, 1 it is not.",
                    "token", 1};
  const auto values = parse(usage, trust_options(), arguments);
  if (!values) return 0;
  if (values->count("token") == 0) {
    throw UsageError("name the case: bitgate repro TOKEN, as `bitgate plugin check` printed it");
  }
  const conform::Repro repro = repro_of((*values)["token"].as<std::vector<std::string>>().front());
  const conform::Examine examine = conform::find_examination(repro.check);
  if (examine == nullptr) throw UsageError(fmt::format("no numeric check '{}'", repro.check));
  fmt::print("{} on {}: {}\n", repro.check, repro.device, conform::text_of(repro.what));
  std::optional<std::string> wrong;
  try {
    wrong = run_case(repro, examine, {{}, trust_of(*values), {}});
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("the token names a case that does not exist: {}", error.what()));
  }
  fmt::print("{}\n", wrong ? "wrong: " + *wrong : "right");
  return wrong ? static_cast<int>(ExitCode::kFail) : 0;
}

}  // namespace bitgate::cli

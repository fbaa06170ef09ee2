// bitgate merge
#include <system_error>

#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/plugin_options.hpp"
#include "cli/reporter_options.hpp"
#include "receipt/json.hpp"
#include "receipt/read.hpp"
#include "run/merge.hpp"
#include "run/stored.hpp"
#include "run/verify.hpp"

namespace bitgate::cli {
namespace {

/// A receipt that says what follows from its samples.
Shard read_shard(const std::string& path) {
  try {
    const nlohmann::ordered_json document = read_receipt(path);
    const Verification verification = bitgate::verify(document);
    if (!verification.differences.empty()) {
      throw UsageError(fmt::format("{} is not verified: {}", path, verification.differences[0]));
    }
    return {path, receipt_of(document)};
  } catch (const BadReceipt& error) {
    throw UsageError(fmt::format("{} {}", path, error.what()));
  } catch (const std::system_error& error) {
    throw UsageError(fmt::format("{} can't be read: {}", path, error.code().message()));
  }
}

}  // namespace

int merge(const Arguments& arguments) {
  po::options_description options;
  add_reporter_options(options);
  options.add(search_options());
  const Usage usage{"bitgate merge RECEIPT... [options]",
                    "Makes one receipt of those of parts of one pipeline (`bitgate run --filter`), "
                    "judges it and reports it.\nEach is verified first. The exit code is the "
                    "verdict's.",
                    "receipt", -1};
  const auto values = parse(usage, options, arguments);
  if (!values) return 0;
  if (values->count("receipt") == 0) {
    throw UsageError("name the receipts\nusage: " + usage.synopsis);
  }
  std::vector<Shard> shards;
  for (const std::string& path : (*values)["receipt"].as<std::vector<std::string>>()) {
    shards.push_back(read_shard(path));
  }
  try {
    Receipt receipt = bitgate::merge(shards);
    receipt.argv = {"bitgate", "merge"};
    receipt.argv.insert(receipt.argv.end(), arguments.begin(), arguments.end());
    const bool reported =
        report_stored(to_json(receipt), reporters_of(*values, {}), plugin_rules(*values));
    const ExitCode code = receipt.verdict.exit_code;
    return static_cast<int>(!reported && code == ExitCode::kPass ? ExitCode::kFault : code);
  } catch (const CantMerge& error) {
    throw UsageError(error.what());
  }
}

}  // namespace bitgate::cli

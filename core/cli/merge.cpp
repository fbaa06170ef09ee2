// bitgate merge
#include "run/merge.hpp"

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/context_options.hpp"
#include "cli/plugin_options.hpp"
#include "cli/receipts.hpp"
#include "cli/reporter_options.hpp"
#include "receipt/json.hpp"
#include "run/imports.hpp"
#include "run/stored.hpp"

namespace bitgate::cli {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;

/// Whether a file is another tool's: it says of itself no schema, as bitgate's documents do. What
/// can't be read is left to whoever reads it.
bool is_foreign(const std::string& path) {
  try {
    const auto document = nlohmann::json::parse(read_file(path, kMostBytes), nullptr, false);
    return !document.is_object() || !document.contains("schema");
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace

int merge(const Arguments& arguments) {
  po::options_description options;
  add_reporter_options(options);
  add_context_options(options);
  options.add(search_options());
  const Usage usage{
      "bitgate merge RECEIPT... [RESULTS...] [options]",
      "Makes one receipt of those of parts of one pipeline (`bitgate run --shard`), "
      "judges it and reports it.\nEach is verified first. The exit code is the "
      "verdict's.\nRESULTS are files of other tools, for cases of op benchmark that no "
      "receipt has: google-benchmark,\nhyperfine, llama-bench, Bencher and "
      "github-action-benchmark. They count where the pipeline says so.",
      "receipt", -1};
  const auto values = parse(usage, options, arguments);
  if (!values) return 0;
  if (values->count("receipt") == 0) {
    throw UsageError("name the receipts\nusage: " + usage.synopsis);
  }
  std::vector<Shard> shards;
  std::vector<std::string> foreign;
  for (const std::string& path : (*values)["receipt"].as<std::vector<std::string>>()) {
    if (is_foreign(path)) {
      foreign.push_back(path);
    } else {
      shards.push_back({path, verified_receipt(path)});
    }
  }
  if (shards.empty()) {
    throw UsageError(foreign.front() +
                     " is no receipt; name one of the pipeline too, which says what is judged");
  }
  try {
    Receipt receipt = bitgate::merge(shards);
    if (!foreign.empty()) import_results(foreign, plugin_rules(*values), receipt);
    receipt.argv = {"bitgate", "merge"};
    receipt.argv.insert(receipt.argv.end(), arguments.begin(), arguments.end());
    const bool reported = report_stored(to_json(receipt), reporters_of(*values, {}),
                                        plugin_rules(*values), context_here(*values));
    const ExitCode code = receipt.verdict.exit_code;
    return static_cast<int>(!reported && code == ExitCode::kPass ? ExitCode::kFault : code);
  } catch (const CantMerge& error) {
    throw UsageError(error.what());
  }
}

}  // namespace bitgate::cli

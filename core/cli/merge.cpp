// bitgate merge
#include "run/merge.hpp"
#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/context_options.hpp"
#include "cli/plugin_options.hpp"
#include "cli/receipts.hpp"
#include "cli/reporter_options.hpp"
#include "receipt/json.hpp"
#include "run/stored.hpp"

namespace bitgate::cli {

int merge(const Arguments& arguments) {
  po::options_description options;
  add_reporter_options(options);
  add_context_options(options);
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
    shards.push_back({path, verified_receipt(path)});
  }
  try {
    Receipt receipt = bitgate::merge(shards);
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

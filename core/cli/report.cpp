// bitgate report
#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/context_options.hpp"
#include "cli/plugin_options.hpp"
#include "cli/receipts.hpp"
#include "cli/reporter_options.hpp"
#include "receipt/receipt.hpp"
#include "run/stored.hpp"
#include "run/verify.hpp"

namespace bitgate::cli {

int report(const Arguments& arguments) {
  po::options_description options;
  add_reporter_options(options);
  add_context_options(options);
  options.add(search_options());
  const Usage usage{"bitgate report RECEIPT [options]",
                    "Reports a stored receipt again, on the console unless told otherwise. Judges "
                    "nothing anew.\nThe exit code is 0 if every reporter did its work, whatever "
                    "the verdict, else 4.",
                    "receipt", 1};
  const auto values = parse(usage, options, arguments);
  if (!values) return 0;
  const std::string path = receipt_path(*values, usage);
  std::vector<ReporterSpec> reporters = reporters_of(*values, {});
  for (ReporterSpec& reporter : reporters) reporter.required = true;
  const Context context = context_here(*values);
  const bool all_done = with_receipt(path, [&](const nlohmann::ordered_json& document) {
    require_whole(document);
    return report_stored(document, reporters, plugin_rules(*values), context);
  });
  return static_cast<int>(all_done ? ExitCode::kPass : ExitCode::kFault);
}

}  // namespace bitgate::cli

// bitgate report
#include <system_error>

#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/plugin_options.hpp"
#include "cli/reporter_options.hpp"
#include "receipt/read.hpp"
#include "receipt/receipt.hpp"
#include "run/stored.hpp"

namespace bitgate::cli {

int report(const Arguments& arguments) {
  po::options_description options;
  add_reporter_options(options);
  options.add(search_options());
  const Usage usage{"bitgate report RECEIPT [options]",
                    "Reports a stored receipt again, on the console unless told otherwise. Judges "
                    "nothing anew.\nThe exit code is 0 if every reporter did its work, whatever "
                    "the verdict, else 4.",
                    "receipt", 1};
  const auto values = parse(usage, options, arguments);
  if (!values) return 0;
  if (values->count("receipt") == 0) {
    throw UsageError("name the receipt\nusage: " + usage.synopsis);
  }
  const std::string path = (*values)["receipt"].as<std::vector<std::string>>().front();
  std::vector<ReporterSpec> reporters = reporters_of(*values, {});
  for (ReporterSpec& reporter : reporters) reporter.required = true;
  try {
    const bool all_done = report_stored(read_receipt(path), reporters, plugin_rules(*values));
    return static_cast<int>(all_done ? ExitCode::kPass : ExitCode::kFault);
  } catch (const BadReceipt& error) {
    throw UsageError(fmt::format("{} {}", path, error.what()));
  } catch (const std::system_error& error) {
    throw UsageError(fmt::format("{} can't be read: {}", path, error.code().message()));
  }
}

}  // namespace bitgate::cli

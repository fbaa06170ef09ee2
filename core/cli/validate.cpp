// bitgate validate
#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/plugin_options.hpp"
#include "pipeline/expand.hpp"
#include "pipeline/reader.hpp"
#include "pipeline/scope.hpp"
#include "pipeline/targets.hpp"
#include "receipt/receipt.hpp"
#include "run/plugin_rules.hpp"

namespace bitgate::cli {

int validate(const Arguments& arguments) {
  const Usage usage{"bitgate validate FILE…",
                    "Checks pipeline files, and the options in them against what their plugins "
                    "say of them, and says\nwhat is wrong with file:line:column. Exit code 2 if "
                    "any is wrong.",
                    "files", -1};
  const auto values = parse(usage, search_options(), arguments);
  if (!values) return 0;
  if (values->count("files") == 0)
    throw UsageError("name at least one file\nusage: " + usage.synopsis);
  const worker::Catalog catalog = search_plugins(*values);
  int code = 0;
  for (const std::string& file : (*values)["files"].as<std::vector<std::string>>()) {
    try {
      Pipeline pipeline = read_pipeline(file);
      read_targets(pipeline);
      for (const Rule& rule : pipeline.gates) {
        if (rule.missing_target.empty()) continue;
        fmt::print(stderr, "{}: note: gate {} can't pass: {}: {}\n", file, rule.id,
                   reason::kMissingTarget, rule.missing_target);
      }
      if (const std::string why = nothing_on(pipeline); !why.empty()) {
        fmt::print(stderr, "{}: note: nothing can be measured: {}\n", file, why);
      }
      for (const std::string& note : check_options(pipeline, catalog, {})) {
        fmt::print(stderr, "{}: note: {}\n", file, note);
      }
      fmt::print("{}: ok: {} cases, {} gates\n", file, expand(pipeline).size(),
                 pipeline.gates.size());
    } catch (const ConfigError& error) {
      fmt::print(stderr, "{}\n", error.what());
      code = static_cast<int>(ExitCode::kUsage);
    }
  }
  return code;
}

}  // namespace bitgate::cli

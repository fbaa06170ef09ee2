// bitgate validate
#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "pipeline/expand.hpp"
#include "pipeline/reader.hpp"
#include "receipt/receipt.hpp"

namespace bitgate::cli {

int validate(const Arguments& arguments) {
  const Usage usage{"bitgate validate FILE…",
                    "Checks pipeline files and says what is wrong with file:line:column. Exit code "
                    "2 if any is wrong.",
                    "files", -1};
  const auto values = parse(usage, {}, arguments);
  if (!values) return 0;
  if (values->count("files") == 0)
    throw UsageError("name at least one file\nusage: " + usage.synopsis);
  int code = 0;
  for (const std::string& file : (*values)["files"].as<std::vector<std::string>>()) {
    try {
      const Pipeline pipeline = read_pipeline(file);
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

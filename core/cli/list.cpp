// bitgate list
#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/pipeline_options.hpp"
#include "receipt/receipt.hpp"

namespace bitgate::cli {

int list(const Arguments& arguments) {
  const Usage usage{"bitgate list [FILE] [options]",
                    "Prints the id of every case that a run would measure, one a line.",
                    kPipelineArgument, 1};
  const auto values = parse(usage, selection_options(), arguments);
  if (!values) return 0;
  Selection selection;
  select(*values, selection);
  for (const Case& what : selection.cases) fmt::print("{}\n", what.id);
  if (!selection.cases.empty()) return 0;
  fmt::print(stderr, "no cases: {}\n", selection.why_empty);
  return static_cast<int>(ExitCode::kNothingMeasured);
}

}  // namespace bitgate::cli

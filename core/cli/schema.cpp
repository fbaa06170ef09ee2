// bitgate schema
#include "pipeline/schema.hpp"

#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"

namespace bitgate::cli {

int schema(const Arguments& arguments) {
  const Usage usage{"bitgate schema",
                    "Prints the JSON Schema (draft-07) of pipeline files, for editors.", "", 0};
  if (!parse(usage, {}, arguments)) return 0;
  fmt::print("{}", pipeline_schema());
  return 0;
}

}  // namespace bitgate::cli

#include "cli/comparison_options.hpp"

#include <fmt/format.h>

#include "pipeline/units.hpp"

namespace bitgate::cli {

void add_comparison_options(po::options_description& options, const ComparisonOptions& defaults) {
  auto add = options.add_options();
  add("limit", po::value<std::string>()->default_value(defaults.limit)->value_name("PERCENT"),
      "how much slower the candidate may be");
  add("time", po::value<std::string>()->default_value(defaults.time)->value_name("DURATION"),
      "how long to measure each case and each comparison");
}

ComparisonOptions comparison_options_of(const po::variables_map& values) {
  ComparisonOptions out{values["limit"].as<std::string>(), values["time"].as<std::string>()};
  if (const auto share = parse_percent(out.limit);
      !share || *share < 0 || out.limit.front() == '+') {
    throw UsageError(fmt::format("--limit {}: write a percentage such as 5%", out.limit));
  }
  if (!parse_duration(out.time)) {
    throw UsageError(fmt::format("--time {}: write a duration such as 4s", out.time));
  }
  return out;
}

}  // namespace bitgate::cli

#include "cli/reporter_options.hpp"

#include <utility>

#include <fmt/format.h>

namespace bitgate::cli {
namespace {

/// "NAME", or "NAME:key=value,key=value" with values as text.
ReporterSpec reporter_of(const std::string& text) {
  ReporterSpec reporter;
  const std::size_t colon = text.find(':');
  reporter.plugin = text.substr(0, colon);
  std::string rest = colon == std::string::npos ? "" : text.substr(colon + 1);
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string option = rest.substr(0, comma);
    const std::size_t equals = option.find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw UsageError(fmt::format("--reporter {}: write NAME:key=value,key=value", text));
    }
    reporter.options[option.substr(0, equals)] = option.substr(equals + 1);
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
  }
  // Whoever names a reporter on the command line wants its output.
  reporter.required = true;
  return reporter;
}

}  // namespace

void add_reporter_options(po::options_description& options) {
  auto add = options.add_options();
  add("reporter",
      po::value<std::vector<std::string>>()->composing()->value_name("NAME[:key=value,...]"),
      "report with these instead of the usual reporters (repeatable)");
  add("json", po::value<std::string>()->value_name("FILE"),
      "write the receipt here as well; - for stdout");
}

std::vector<ReporterSpec> reporters_of(const po::variables_map& values,
                                       std::vector<ReporterSpec> others) {
  std::vector<ReporterSpec> reporters = std::move(others);
  if (values.count("reporter") != 0) {
    reporters.clear();
    for (const std::string& text : values["reporter"].as<std::vector<std::string>>()) {
      reporters.push_back(reporter_of(text));
    }
  } else if (reporters.empty()) {
    reporters.push_back({"console", nlohmann::json::object(), false});
  }
  if (values.count("json") != 0) {
    reporters.push_back({"json", {{"path", values["json"].as<std::string>()}}, true});
  }
  return reporters;
}

}  // namespace bitgate::cli

#include "cli/pipeline_options.hpp"

#include <sstream>

#include <fmt/format.h>

#include "pipeline/reader.hpp"

namespace bitgate::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

Overrides overrides_of(const po::variables_map& values) {
  Overrides overrides;
  if (values.count("axis") != 0) {
    for (const std::string& text : values["axis"].as<std::vector<std::string>>()) {
      const std::size_t equals = text.find('=');
      if (equals == 0 || equals == std::string::npos) {
        throw UsageError(fmt::format("-a {}: write -a axis=value or -a axis=value,value", text));
      }
      overrides.axes[text.substr(0, equals)] = split(text.substr(equals + 1), ',');
    }
  }
  if (values.count("threads") != 0) {
    overrides.axes["threads"] = split(values["threads"].as<std::string>(), ',');
  }
  if (values.count("seed") != 0) overrides.seed = values["seed"].as<std::uint64_t>();
  if (values.count("tokens") != 0) overrides.tokens = values["tokens"].as<std::uint64_t>();
  if (values.count("set") != 0) {
    for (const std::string& text : values["set"].as<std::vector<std::string>>()) {
      const std::size_t equals = text.find('=');
      if (equals == 0 || equals == std::string::npos) {
        throw UsageError(fmt::format(
            "--set {}: write --set key=value, e.g. --set suites.inference.load.path=model.gguf",
            text));
      }
      overrides.values.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return overrides;
}

std::string why_empty(const Pipeline& pipeline, std::size_t before_filter,
                      const std::string& filter) {
  if (before_filter > 0) {
    return fmt::format("filter '{}' matches none of {} cases; `bitgate list` shows them", filter,
                       before_filter);
  }
  if (pipeline.suites.empty()) return "the pipeline has no suites";
  return fmt::format("suite '{}' expands to no case: one of its lists is empty",
                     pipeline.suites.front().name);
}

}  // namespace

po::options_description selection_options() {
  po::options_description options;
  auto add = options.add_options();
  add("filter,f", po::value<std::string>()->value_name("TEXT"),
      "only cases whose id contains TEXT, or matches it if it has * or ?");
  add("axis,a", po::value<std::vector<std::string>>()->composing()->value_name("AXIS=VALUE[,…]"),
      "replace an axis of every suite, e.g. -a batch=1,8 (repeatable)");
  add("threads", po::value<std::string>()->value_name("N|all[,…]"), "short for -a threads=…");
  add("seed", po::value<std::uint64_t>()->value_name("N"), "seed of all synthetic inputs");
  add("tokens", po::value<std::uint64_t>()->value_name("N"),
      "most tokens that a prompt is answered with, in every suite that generates");
  add("set", po::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
      "replace any value of the pipeline, e.g. --set suites.inference.load.path=model.gguf; files "
      "are relative to here (repeatable)");
  return options;
}

fs::path pipeline_path(const po::variables_map& values) {
  if (values.count(kPipelineArgument) != 0) {
    return values[kPipelineArgument].as<std::vector<std::string>>().front();
  }
  const fs::path executable = fs::read_symlink("/proc/self/exe");
  return executable.parent_path().parent_path() / "share/bitgate/configs/quickstart.yaml";
}

void select(const po::variables_map& values, Selection& out) {
  out.pipeline = read_pipeline(pipeline_path(values), overrides_of(values));
  out.cases = expand(out.pipeline);
  const std::size_t all = out.cases.size();
  std::string filter;
  if (values.count("filter") != 0) {
    filter = values["filter"].as<std::string>();
    out.cases = filtered(std::move(out.cases), filter);
  }
  if (out.cases.empty()) out.why_empty = why_empty(out.pipeline, all, filter);
}

}  // namespace bitgate::cli

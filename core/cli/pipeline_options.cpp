#include "cli/pipeline_options.hpp"

#include <cstdio>
#include <optional>
#include <sstream>
#include <system_error>

#include <fmt/format.h>

#include "base/file.hpp"
#include "cli/config_source.hpp"
#include "pipeline/reader.hpp"
#include "pipeline/repository_file.hpp"
#include "pipeline/targets.hpp"
#include "run/shards.hpp"

namespace bitgate::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
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

/// The directory above or at this process's that is a git repository; else this process's.
fs::path repository_root() {
  const fs::path here = fs::current_path();
  for (fs::path at = here;; at = at.parent_path()) {
    std::error_code error;
    if (fs::exists(at / ".git", error)) return at;
    if (at == at.parent_path()) return here;
  }
}

std::optional<std::string> repository_file(const po::variables_map& values, const fs::path& path) {
  constexpr std::uint64_t kMostBytes = 1U << 20;
  if (has_config_ref(values)) return find_in_ref(values, path);
  try {
    return read_file(path, kMostBytes);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::no_such_file_or_directory) return std::nullopt;
    throw UsageError(fmt::format("{} can't be read: {}", path.string(), error.code().message()));
  }
}

}  // namespace

po::options_description selection_options() {
  po::options_description options;
  auto add = options.add_options();
  add("filter,f", po::value<std::string>()->value_name("TEXT"),
      "only cases whose id contains TEXT, or matches it if it has * or ?");
  add("shard", po::value<std::string>()->value_name("I/N"),
      "only part I of N of them, e.g. 1/3: each case is in one part, with what gates compare it "
      "to; "
      "`bitgate merge` judges all parts together");
  add("axis,a", po::value<std::vector<std::string>>()->composing()->value_name("AXIS=VALUE[,…]"),
      "replace an axis of every suite, e.g. -a batch=1,8 (repeatable)");
  add("threads", po::value<std::string>()->value_name("N|all[,…]"), "short for -a threads=…");
  add("seed", po::value<std::uint64_t>()->value_name("N"), "seed of all synthetic inputs");
  add("tokens", po::value<std::uint64_t>()->value_name("N"),
      "most tokens that a prompt is answered with, in every suite that generates");
  add("set", po::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
      "replace any value of the pipeline, e.g. --set suites.inference.load.path=model.gguf; files "
      "are relative to here (repeatable)");
  add_config_source(options);
  return options;
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

fs::path pipeline_path(const po::variables_map& values) {
  if (values.count(kPipelineArgument) != 0) {
    return values[kPipelineArgument].as<std::vector<std::string>>().front();
  }
  const fs::path executable = fs::read_symlink("/proc/self/exe");
  return executable.parent_path().parent_path() / "share/bitgate/configs/quickstart.yaml";
}

void select(const po::variables_map& values, Selection& out) {
  const fs::path path = pipeline_path(values);
  out.pipeline = has_config_ref(values)
                     ? parse_pipeline_of(path, read_from_ref(values, path), overrides_of(values))
                     : read_pipeline(path, overrides_of(values));
  const fs::path file = repository_root() / kRepositoryFile;
  if (const auto text = repository_file(values, file)) {
    apply_repository_file(*text, file, out.pipeline);
    fmt::print(stderr, "note: reporters and routes as in {}\n", file.string());
  }
  if (!has_config_ref(values)) {
    read_targets(out.pipeline);
  } else if (wants_targets(out.pipeline)) {
    const fs::path& targets = out.pipeline.targets;
    apply_targets(targets.empty() ? std::nullopt : find_in_ref(values, targets), out.pipeline);
  }
  choose_cases(values, out);
}

void choose_cases(const po::variables_map& values, Selection& out) {
  out.cases = expand(out.pipeline);
  const std::size_t all = out.cases.size();
  if (values.count("filter") != 0) {
    out.filter = values["filter"].as<std::string>();
    out.cases = filtered(std::move(out.cases), out.filter);
  }
  if (out.cases.empty()) out.why_empty = why_empty(out.pipeline, all, out.filter);
  if (values.count("shard") == 0) return;
  out.shard = values["shard"].as<std::string>();
  const auto shard = parse_shard(out.shard);
  if (!shard) throw UsageError(fmt::format("--shard {}: write I/N, e.g. 1/3", out.shard));
  const bool empty = out.cases.empty();
  out.cases = cases_of_shard(out.pipeline, std::move(out.cases), *shard);
  if (out.cases.empty() && !empty) {
    out.why_empty = fmt::format("shard {} has no case: there are fewer groups of cases", out.shard);
  }
}

}  // namespace bitgate::cli

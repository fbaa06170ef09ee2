#include "pipeline/reader.hpp"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/sha256.hpp"
#include "pipeline/node.hpp"
#include "pipeline/overrides.hpp"
#include "pipeline/reader_parts.hpp"
#include "pipeline/reading.hpp"
#include "pipeline/units.hpp"

namespace bitgate {
namespace {

constexpr std::uint64_t kMostBytes = 1U << 20;

std::string load_text(const std::filesystem::path& path) {
  const auto fail = [&](const std::string& why) {
    throw ConfigError({{path.string(), 0, 0, "", why}});
  };
  try {
    return read_file(path, kMostBytes);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::file_too_large) fail("the file is larger than 1 MiB; split it");
    if (error.code() == std::errc::not_supported) {
      fail("is not a regular file but a pipe or a device; write the pipeline to a file");
    }
    fail(fmt::format("can't be read: {}; check the path", error.code().message()));
  }
  return {};
}

/// Names of other backends of those that are known.
std::vector<std::string> read_fallback(const Value& list, const std::string& owner,
                                       const std::vector<std::string>& known) {
  std::vector<std::string> names;
  if (!list.is_list("[opencl, simd]")) return names;
  for (const Value& item : list.different_items()) {
    const auto name = read_name(item);
    if (!name) continue;
    if (*name == owner) {
      item.error("a backend can't be its own fallback; remove it");
    } else if (std::find(known.begin(), known.end(), *name) == known.end()) {
      item.error(fmt::format("no backend {}{}", in_quotes(*name),
                             instead_of(*name, known, "write it under 'backends'")));
    } else {
      names.push_back(*name);
    }
  }
  return names;
}

BackendSpec read_backend(const std::string& name, const Value& value,
                         const std::vector<std::string>& known) {
  BackendSpec backend;
  backend.name = name;
  if (!value.is_map("{plugin: cpu_simd}")) return backend;
  value.only_keys({"plugin", "device", "feature", "options", "fallback"});
  backend.plugin = read_plugin(value, "cpu_simd");
  if (const auto device = value.get("device")) {
    backend.device = device->text("a device id, e.g. cpu/scalar").value_or("");
  }
  if (const auto feature = value.get("feature")) {
    backend.feature = read_name(*feature).value_or("");
  }
  if (const auto list = value.get("fallback")) backend.fallback = read_fallback(*list, name, known);
  backend.options = read_options(value, backend.option_places, false);
  return backend;
}

Sampling read_sampling(const Value& value) {
  Sampling sampling;
  if (!value.is_map("{min_samples: 20, precision: 2%, max_time: 10s}")) return sampling;
  value.only_keys({"min_samples", "precision", "max_time"});
  if (const auto samples = value.get("min_samples")) {
    sampling.min_samples = samples->integer(3, 1'000'000).value_or(sampling.min_samples);
  }
  if (const auto precision = value.get("precision")) {
    const auto text = precision->text("a percentage, e.g. 2%");
    const auto share = text ? parse_percent(*text) : std::nullopt;
    if (share && *share > 0 && *share <= 1) {
      sampling.precision = *share;
    } else if (text) {
      precision->error(fmt::format("must be a percentage above 0% and up to 100%, e.g. 2%, not {}",
                                   in_quotes(*text)));
    }
  }
  if (const auto time = value.get("max_time")) {
    sampling.max_time = read_duration(*time).value_or(sampling.max_time);
  }
  return sampling;
}

Limits read_limits(const Value& value) {
  Limits limits;
  if (!value.is_map("{step: 60s, memory: 8GiB}")) return limits;
  value.only_keys({"step", "memory"});
  if (const auto step = value.get("step")) limits.step = read_duration(*step).value_or(limits.step);
  if (const auto memory = value.get("memory")) {
    const auto text = memory->text("a size, e.g. 8GiB");
    const auto bytes = text ? parse_size(*text) : std::nullopt;
    constexpr std::uint64_t kLeast = 64U << 20;
    if (bytes && *bytes >= kLeast) {
      limits.memory = *bytes;
    } else if (text) {
      memory->error(
          fmt::format("must be a size of at least 64MiB, e.g. 8GiB, not {}", in_quotes(*text)));
    }
  }
  return limits;
}

/// Attempts that the run may make.
std::uint64_t read_retry(const Value& value) {
  constexpr std::uint64_t kMost = 2;  // each costs some of what all may err together
  if (!value.is_map("{max: 2}")) return 1;
  value.only_keys({"max"});
  const auto most = value.require("max", "2");
  return 1 + (most ? most->integer(0, kMost).value_or(0) : 0);
}

/// "flow:gate:name" in lower case.
bool is_gate_id(const std::string& text) {
  constexpr std::string_view kMiddle = ":gate:";
  const auto is_part = [](const std::string& part) {
    constexpr const char* kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    return !part.empty() && part.find_first_not_of(kAllowed) == std::string::npos;
  };
  const std::size_t middle = text.find(kMiddle);
  return middle != std::string::npos && is_part(text.substr(0, middle)) &&
         is_part(text.substr(middle + kMiddle.size()));
}

void read_head(const Value& root, Pipeline& pipeline) {
  if (const auto version = root.require("version", "1")) {
    static_cast<void>(version->integer(1, 1));
  }
  if (const auto name = root.require("name", "quickstart")) {
    pipeline.name = read_name(*name).value_or("");
  }
  pipeline.gate = "generative:gate:benchmarks";
  if (const auto gate = root.get("gate")) {
    const auto text = gate->text("a gate id, e.g. \"generative:gate:benchmarks\"");
    if (text && is_gate_id(*text)) {
      pipeline.gate = *text;
    } else if (text) {
      gate->error(
          fmt::format("must be flow:gate:name in lower case, e.g. "
                      "\"generative:gate:benchmarks\", not {}",
                      in_quotes(*text)));
    }
  }
  if (const auto features = root.get("features"); features && features->is_list("[cpu]")) {
    pipeline.features_at = features->node().position;
    for (const Value& feature : features->different_items()) {
      if (const auto text = read_name(feature)) pipeline.features.push_back(*text);
    }
  }
}

void read_backends(const Value& root, Pipeline& pipeline) {
  const auto backends = root.require("backends", "{simd: {plugin: cpu_simd}}");
  if (!backends || !backends->is_map("{simd: {plugin: cpu_simd}}")) return;
  std::vector<std::string> known;
  for (const auto& [entry, value] : backends->entries()) known.push_back(entry->key);
  for (const auto& [entry, value] : backends->entries()) {
    check_key(value, entry->key);
    pipeline.backends.push_back(read_backend(entry->key, value, known));
  }
}

void read_suites(const Value& root, Pipeline& pipeline) {
  const auto suites = root.require("suites", "{kernels: {…}}");
  if (!suites || !suites->is_map("{kernels: {…}}")) return;
  for (const auto& [entry, value] : suites->entries()) {
    check_key(value, entry->key);
    pipeline.suites.push_back(read_suite(entry->key, value, pipeline.backends));
  }
  check_case_count(*suites, pipeline.suites);
}

Pipeline read_root(const Value& root, bool axes_replaced) {
  Pipeline pipeline;
  if (!root.is_map("{version: 1, name: quickstart, …}")) return pipeline;
  root.only_keys({"version", "name", "gate", "flow", "features", "scope", "context", "backends",
                  "suites", "sampling", "limits", "targets", "gates", "retry", "routes",
                  "reporters"});
  read_head(root, pipeline);
  if (const auto flow = root.get("flow")) pipeline.guard = read_flow(*flow);
  read_backends(root, pipeline);
  read_suites(root, pipeline);
  if (const auto scope = root.get("scope")) pipeline.scope = read_scope(*scope, pipeline);
  if (const auto context = root.get("context")) {
    pipeline.issue_branches = read_issue_branches(*context);
  }
  if (const auto sampling = root.get("sampling")) pipeline.sampling = read_sampling(*sampling);
  if (const auto limits = root.get("limits")) pipeline.limits = read_limits(*limits);
  if (const auto targets = root.get("targets")) pipeline.targets = read_targets_path(*targets);
  if (const auto gates =
          root.require("gates", "[{id: exact, metric: output.mismatches, require: \"== 0\"}]")) {
    pipeline.gates = read_gates(*gates, pipeline, axes_replaced);
  }
  if (const auto retry = root.get("retry")) pipeline.attempts = read_retry(*retry);
  if (const auto routes = root.get("routes")) pipeline.routes = read_routes(*routes);
  if (const auto reporters = root.get("reporters")) {
    pipeline.reporters = read_reporters(*reporters);
  }
  return pipeline;
}

}  // namespace

Pipeline parse_pipeline(std::string_view text, const std::string& file,
                        const Overrides& overrides) {
  Node root = parse_yaml(text, file);
  apply_overrides(overrides, root);
  Reading reading(file);
  Pipeline pipeline =
      read_root(Value(reading, root, ""), !overrides.axes.empty() || !overrides.values.empty());
  reading.finish();
  pipeline.file = file;
  pipeline.sha256 = sha256(text);
  pipeline.text = text;
  pipeline.replaced_axes = overrides.axes;
  pipeline.replaced_seed = overrides.seed;
  pipeline.replaced_tokens = overrides.tokens;
  pipeline.replaced_values = overrides.values;
  return pipeline;
}

Pipeline parse_pipeline_of(const std::filesystem::path& path, std::string_view text,
                           const Overrides& overrides) {
  Pipeline pipeline = parse_pipeline(text, path.string(), overrides);
  pipeline.path = std::filesystem::absolute(path);
  const std::filesystem::path directory = pipeline.path.parent_path();
  const auto resolve = [&](std::filesystem::path& file) {
    if (!file.empty()) file = (directory / file).lexically_normal();
  };
  resolve(pipeline.targets);
  for (SuiteSpec& suite : pipeline.suites) {
    if (!suite.generate) continue;
    resolve(suite.generate->model);
    resolve(suite.generate->prompts);
    resolve(suite.generate->logits);
  }
  return pipeline;
}

Pipeline read_pipeline(const std::filesystem::path& path, const Overrides& overrides) {
  return parse_pipeline_of(path, load_text(path), overrides);
}

}  // namespace bitgate

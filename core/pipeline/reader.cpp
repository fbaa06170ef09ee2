#include "pipeline/reader.hpp"

#include <algorithm>
#include <array>
#include <system_error>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "pipeline/node.hpp"
#include "pipeline/reader_parts.hpp"
#include "pipeline/reading.hpp"
#include "pipeline/units.hpp"

namespace bitgate {
namespace {

constexpr std::uint64_t kMostBytes = 1U << 20;

/// The stage under which a suite writes an axis.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kAxisStage = {{
    {"shape", "load"},
    {"format", "quantize"},
    {"batch", "compute"},
    {"threads", "compute"},
    {"cache", "compute"},
}};

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

Node scalar(std::string text) {
  Node node;
  node.kind = Node::Kind::kScalar;
  node.scalar = std::move(text);
  return node;
}

/// The value of a key, made if it is missing.
Node& slot(Node& map, std::string_view key) {
  for (Node::Entry& entry : map.entries) {
    if (entry.key == key) return entry.value;
  }
  map.entries.push_back({std::string(key), map.position, {}});
  map.entries.back().value.position = map.position;
  return map.entries.back().value;
}

void set_in_suites(Node& root, std::string_view stage, std::string_view key, const Node& value) {
  if (root.find("suites") == nullptr) return;
  for (Node::Entry& suite : slot(root, "suites").entries) {
    if (suite.value.kind != Node::Kind::kMap) continue;
    Node& part = slot(suite.value, stage);
    if (part.kind == Node::Kind::kNull) part.kind = Node::Kind::kMap;
    if (part.kind == Node::Kind::kMap) slot(part, key) = value;
  }
}

/// Writes the command line's changes into the tree, to be checked like everything else.
void apply(const Overrides& overrides, Node& root) {
  for (const auto& [axis, values] : overrides.axes) {
    const auto* known =
        std::find_if(kAxisStage.begin(), kAxisStage.end(),
                     [&name = axis](const auto& entry) { return entry.first == name; });
    if (known == kAxisStage.end()) {
      std::vector<std::string> names;
      for (const auto& entry : kAxisStage) names.emplace_back(entry.first);
      throw ConfigError({{"command line", 0, 0, "-a " + axis,
                          fmt::format("no such axis{}; axes are shape, format, batch, threads and "
                                      "cache",
                                      did_you_mean(axis, names))}});
    }
    Node list;
    list.kind = Node::Kind::kSequence;
    for (const std::string& value : values) list.items.push_back(scalar(value));
    set_in_suites(root, known->second, axis, list);
  }
  if (overrides.seed) {
    set_in_suites(root, "load", "seed", scalar(std::to_string(*overrides.seed)));
  }
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
  backend.options = read_options(value, backend.option_places);
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

Routes read_routes(const Value& value) {
  Routes routes;
  if (!value.is_map("{pass: \"FINALIZE → quality-finalizer\"}")) return routes;
  value.only_keys({"pass", "fail", "retry"});
  const auto read = [&](const char* key, std::string& out) {
    if (const auto route = value.get(key)) {
      out = route->text("a route, e.g. \"NEXT → code-refiner\"").value_or(out);
    }
  };
  read("pass", routes.pass);
  read("fail", routes.fail);
  read("retry", routes.retry);
  return routes;
}

ReporterSpec read_reporter(const Value& value) {
  ReporterSpec reporter;
  if (!value.is_map("{plugin: console}")) return reporter;
  value.only_keys({"plugin", "options", "required"});
  reporter.plugin = read_plugin(value, "console");
  if (const auto required = value.get("required")) {
    reporter.required = required->boolean().value_or(false);
  }
  reporter.options = read_options(value, reporter.option_places);
  return reporter;
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
  root.only_keys({"version", "name", "gate", "features", "backends", "suites", "sampling", "limits",
                  "gates", "routes", "reporters"});
  read_head(root, pipeline);
  read_backends(root, pipeline);
  read_suites(root, pipeline);
  if (const auto sampling = root.get("sampling")) pipeline.sampling = read_sampling(*sampling);
  if (const auto limits = root.get("limits")) pipeline.limits = read_limits(*limits);
  if (const auto gates =
          root.require("gates", "[{id: exact, metric: output.mismatches, require: \"== 0\"}]")) {
    pipeline.gates = read_gates(*gates, pipeline, axes_replaced);
  }
  if (const auto routes = root.get("routes")) pipeline.routes = read_routes(*routes);
  if (const auto reporters = root.get("reporters");
      reporters && reporters->is_list("[{plugin: console}]")) {
    for (const Value& value : reporters->items()) {
      pipeline.reporters.push_back(read_reporter(value));
    }
  }
  return pipeline;
}

}  // namespace

Pipeline parse_pipeline(std::string_view text, const std::string& file,
                        const Overrides& overrides) {
  Node root = parse_yaml(text, file);
  apply(overrides, root);
  Reading reading(file);
  Pipeline pipeline = read_root(Value(reading, root, ""), !overrides.axes.empty());
  reading.finish();
  pipeline.file = file;
  pipeline.sha256 = sha256(text);
  return pipeline;
}

Pipeline read_pipeline(const std::filesystem::path& path, const Overrides& overrides) {
  Pipeline pipeline = parse_pipeline(load_text(path), path.string(), overrides);
  pipeline.path = std::filesystem::absolute(path);
  return pipeline;
}

}  // namespace bitgate

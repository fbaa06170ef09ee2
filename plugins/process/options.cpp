#include "options.hpp"

#include <bitgate/plugin.hpp>

#include <nlohmann/json.hpp>

#include "common/interop/interop.hpp"

namespace process {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string& message) {
  throw bitgate::Error(BG_INVALID_ARGUMENT, "process: " + message);
}

void require_text(const std::string& text, const std::string& what) {
  if (text.find('\0') != std::string::npos) refuse(what + " holds a NUL character");
}

std::vector<std::string> environment_of(const Json& map) {
  std::vector<std::string> out;
  for (const auto& [name, value] : map.items()) {
    if (name.empty() || name.find('=') != std::string::npos || !value.is_string()) {
      refuse("option environment must map names to text, e.g. environment: {RUSTFLAGS: \"-C " +
             std::string("target-cpu=native\"}; numbers go in quotes"));
    }
    out.push_back(name + "=" + value.get<std::string>());
    require_text(out.back(), "option environment");
  }
  return out;
}

std::map<std::string, ValuePlace> values_of(const Json& map) {
  std::string units;
  for (const interop::Unit& unit : interop::units()) {
    units += (units.empty() ? "" : ", ") + std::string(unit.name);
  }
  const std::string wanted =
      "option results.values maps the name of a benchmark to where its number is, e.g. values: "
      "{decode: {path: /tokens_per_second, unit: tokens/s}}; units are " +
      units;
  std::map<std::string, ValuePlace> out;
  for (const auto& [name, value] : map.items()) {
    const bool complete = value.is_object() && value.size() == 2 && value.contains("path") &&
                          value.contains("unit") && value["path"].is_string() &&
                          value["unit"].is_string();
    if (!complete) refuse(wanted);
    const ValuePlace place{value["path"].get<std::string>(), value["unit"].get<std::string>()};
    if (interop::find_unit(place.unit) == nullptr || !place.path.starts_with('/')) refuse(wanted);
    out.emplace(name, place);
  }
  return out;
}

}  // namespace

const std::string_view kDescription = R"json({
  "title": "A command of your own that measures; its results are taken in",
  "options": {
    "type": "object", "required": ["results"], "additionalProperties": false,
    "properties": {
      "command": {
        "type": "array", "items": {"type": "string"}, "examples": [["cargo", "bench"]],
        "description": "the command and its arguments; no shell reads them"},
      "imported": {
        "type": "boolean", "default": false,
        "description": "in place of command: results.path was written before, nothing is run"},
      "results": {
        "type": "object", "required": ["format"], "additionalProperties": false,
        "examples": [{"format": "hyperfine", "path": "times.json"}],
        "description": "what it leaves behind",
        "properties": {
          "format": {
            "enum": ["criterion", "google-benchmark", "llama-bench", "hyperfine", "bencher",
                     "github-action-benchmark", "json", "any"],
            "description": "whose results they are; json: a document of your own; any: as it looks"},
          "path": {
            "type": "string", "minLength": 1,
            "description": "the file, of criterion the directory (target/criterion); else stdout"},
          "values": {
            "type": "object",
            "description": "of format json: benchmark -> {path: JSON pointer, unit}"}}},
      "directory": {
        "type": "string", "minLength": 1, "default": ".",
        "description": "where it runs, from where bitgate was started; results.path starts there"},
      "environment": {"type": "object", "description": "variables that it gets besides"},
      "runs": {
        "type": "integer", "minimum": 1, "maximum": 1000, "default": 1,
        "description": "how often it runs; what it says of a benchmark adds up"},
      "mocks": {
        "type": "array", "items": {"type": "string", "minLength": 1},
        "default": ["mock", "mocked", "fake", "simulated", "synthetic", "placeholder", "dummy"],
        "description": "words, in results or in what is printed, of who measured nothing"}}}
})json";

Options read_options(std::string_view text) {
  const Json given = Json::parse(text);
  const Json description = Json::parse(kDescription);
  Options out;
  out.mocks = description["options"]["properties"]["mocks"]["default"].get<decltype(out.mocks)>();
  for (const auto& [name, value] : given.items()) {
    if (name == "command") {
      value.get_to(out.command);
    } else if (name == "imported") {
      value.get_to(out.imported);
    } else if (name == "directory") {
      value.get_to(out.directory);
    } else if (name == "environment") {
      out.environment = environment_of(value);
    } else if (name == "runs") {
      value.get_to(out.runs);
    } else if (name == "mocks") {
      value.get_to(out.mocks);
    } else if (name == "results") {
      value.at("format").get_to(out.format);
      out.path = value.value("path", out.format == "criterion" ? "target/criterion" : "");
      out.values = values_of(value.value("values", Json::object()));
    } else {
      refuse("unknown option '" + name + "'");
    }
  }
  if ((out.format == "json") != !out.values.empty()) {
    refuse("results.values belongs to format json, which can't do without");
  }
  for (const std::string& argument : out.command) require_text(argument, "option command");
  require_text(out.directory, "option directory");
  require_text(out.path, "option results.path");
  return out;
}

void require_source(const Options& options) {
  if (options.imported && !options.command.empty()) {
    refuse("options command and imported exclude each other: run it, or read what it left before");
  }
  if (!options.imported && (options.command.empty() || options.command[0].empty())) {
    refuse("option command is empty; write options: {command: [cargo, bench], …}");
  }
  if (options.format.empty()) {
    refuse("option results is missing; write results: {format: hyperfine}");
  }
  if (options.imported && (options.path.empty() || options.format == "criterion")) {
    refuse("imported results are a file: name it in results.path, and not of format criterion");
  }
}

}  // namespace process

// bitgate plugin check
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <bitgate/atomic_file.hpp>

#include "base/text.hpp"
#include "cli/command_line.hpp"
#include "cli/plugin_commands.hpp"
#include "cli/plugin_options.hpp"
#include "conform/kit.hpp"
#include "conform/listing.hpp"
#include "pipeline/units.hpp"
#include "receipt/receipt.hpp"
#include "worker/interrupt.hpp"

namespace bitgate::cli {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

/// A directory that plugins may litter; this process works in it and leaves it at the end.
class Scratch {
 public:
  Scratch() : before_(fs::current_path()) {
    std::string name = (fs::temp_directory_path() / "bitgate-check-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
    fs::current_path(path_);
  }
  Scratch(const Scratch&) = delete;  // owns the directory
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    fs::current_path(before_, ignored);
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  fs::path before_;
  std::string path_;
};

po::options_description check_options() {
  po::options_description options;
  options.add_options()                                                //
      ("list", "print the checks and what each proves, and run none")  //
      ("include", po::value<Words>()->value_name("PATTERN"),
       "only checks whose name contains or matches this; may be repeated")                     //
      ("exclude", po::value<Words>()->value_name("PATTERN"), "all checks but these")           //
      ("device", po::value<std::string>()->value_name("ID"), "only this device of a backend")  //
      ("options", po::value<std::string>()->value_name("JSON"),
       "the plugin's options, as a pipeline would give them")                                    //
      ("seed", po::value<std::string>()->value_name("N"), "of all random values; 1 by default")  //
      ("fuzz", po::value<std::string>()->value_name("DURATION"),
       "try random shapes and values for so long, e.g. 60s")  //
      ("timeout", po::value<std::string>()->value_name("DURATION"),
       "of each step in the plugin; 60s by default")  //
      ("json", po::value<std::string>()->value_name("FILE"),
       "write the results as JSON; - for stdout")  //
      ("junit", po::value<std::string>()->value_name("FILE"), "write the results as JUnit XML");
  return options;
}

std::string text_of(const po::variables_map& values, const char* name) {
  return values.count(name) == 0 ? std::string() : values[name].as<std::string>();
}

Words words_of(const po::variables_map& values, const char* name) {
  return values.count(name) == 0 ? Words() : values[name].as<Words>();
}

std::chrono::nanoseconds duration_of(const po::variables_map& values, const char* name,
                                     std::chrono::nanoseconds otherwise) {
  if (values.count(name) == 0) return otherwise;
  const auto given = parse_duration(text_of(values, name));
  if (!given) {
    throw UsageError(
        fmt::format("--{} '{}': write a duration such as 30s", name, text_of(values, name)));
  }
  return *given;
}

nlohmann::json options_of(const po::variables_map& values) {
  if (values.count("options") == 0) return nlohmann::json::object();
  nlohmann::json options = nlohmann::json::parse(text_of(values, "options"), nullptr, false);
  if (!options.is_object()) {
    throw UsageError("--options: write a JSON object such as '{\"path\": \"-\"}'");
  }
  return options;
}

/// Patterns that no check has are slips of the pen: a check that is silently left out proves
/// nothing.
conform::Selection selection_of(const po::variables_map& values) {
  conform::Selection selection{words_of(values, "include"), words_of(values, "exclude"),
                               text_of(values, "device")};
  const std::vector<conform::Check> checks = conform::all_checks();
  for (const Words& patterns : {selection.include, selection.exclude}) {
    for (const std::string& pattern : patterns) {
      const bool known = std::any_of(
          checks.begin(), checks.end(),
          [&](const conform::Check& check) { return filter_matches(pattern, check.name); });
      if (!known) throw UsageError(fmt::format("no check matches '{}'; see --list", pattern));
    }
  }
  return selection;
}

int list_checks(const conform::Selection& selection) {
  std::vector<conform::Check> checks = conform::all_checks();
  std::erase_if(checks,
                [&](const conform::Check& check) { return !selection.selects(check.name); });
  fmt::print("{}", conform::list_of(checks));
  return 0;
}

/// Where results go: people read stdout, unless JSON does.
struct Targets {
  std::string json;
  std::string junit;

  [[nodiscard]] std::FILE* people() const { return json == "-" ? stderr : stdout; }
};

std::string absolute(const std::string& path) {
  return path.empty() || path == "-" ? path : fs::absolute(path).string();
}

void write_results(const Targets& targets, const nlohmann::ordered_json& documents,
                   const std::vector<conform::Result>& results) {
  if (!targets.json.empty()) {
    const nlohmann::ordered_json& one = documents.size() == 1 ? documents.front() : documents;
    const std::string text =
        one.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    if (targets.json == "-") {
      fmt::print("{}", text);
    } else {
      write_file_atomically(targets.json, text);
    }
  }
  if (!targets.junit.empty()) write_file_atomically(targets.junit, conform::junit(results));
}

ExitCode exit_code_of(const std::vector<conform::Result>& results) {
  switch (conform::conformance(results)) {
    case conform::Conformance::kConforms:
      return ExitCode::kPass;
    case conform::Conformance::kBreaksRules:
      return ExitCode::kFail;
    case conform::Conformance::kNothingChecked:
      break;
  }
  return ExitCode::kNothingMeasured;
}

/// Of a library with several plugins: one that breaks rules counts more than one that was not
/// checked.
ExitCode worse(ExitCode a, ExitCode b) {
  for (const ExitCode code : {ExitCode::kFail, ExitCode::kNothingMeasured}) {
    if (a == code || b == code) return code;
  }
  return ExitCode::kPass;
}

}  // namespace

int plugin_check(const Arguments& arguments) {
  const Usage usage{
      "bitgate plugin check FILE.so [options]",
      "Checks that a plugin keeps the rules of bitgate/abi.h and gets its numbers right, each "
      "check in "
      "a\nworker process of its own. docs/conformance.md says what every check proves.\n"
      "Exit codes: 0 conforms, 1 does not, 2 usage, 4 can't be loaded, 5 nothing could be checked.",
      "file", 1};
  po::options_description known = check_options();
  known.add(trust_options());
  const auto values = parse(usage, known, arguments);
  if (!values) return 0;
  const conform::Selection selection = selection_of(*values);
  if (values->count("list") != 0) return list_checks(selection);
  if (values->count("file") == 0)
    throw UsageError("name the plugin's file: bitgate plugin check FILE.so");

  conform::Setting setting;
  setting.fuzz = duration_of(*values, "fuzz", std::chrono::nanoseconds(0));
  setting.step_limit = duration_of(*values, "timeout", setting.step_limit);
  if (values->count("seed") != 0) {
    const auto seed = parse_integer(text_of(*values, "seed"));
    if (!seed) throw UsageError("--seed: write an integer");
    setting.seed = *seed;
  }
  const nlohmann::json given = options_of(*values);
  const Targets targets{absolute(text_of(*values, "json")), absolute(text_of(*values, "junit"))};
  const auto files = worker::plugins_in((*values)["file"].as<Words>().front(), trust_of(*values));
  const Scratch scratch;
  setting.scratch = scratch.path();
  worker::catch_interrupts();

  ExitCode exit_code = ExitCode::kPass;
  nlohmann::ordered_json documents = nlohmann::ordered_json::array();
  std::vector<conform::Result> all;
  for (const worker::PluginFile& file : files) {
    setting.plugin = file;
    setting.options = conform::complete_options(setting, given);
    std::vector<conform::Result> results;
    try {
      results = conform::run_checks(setting, selection, [&](const conform::Result& result) {
        fmt::print(targets.people(), "{}", conform::text_of(result));
        std::fflush(targets.people());
      });
    } catch (const conform::NoSuchDevice& error) {
      throw UsageError(error.what());
    } catch (const worker::Interrupted&) {
      fmt::print(stderr, "bitgate plugin check: interrupted\n");
      return static_cast<int>(ExitCode::kFault);
    }
    fmt::print(targets.people(), "{}", conform::summary(file.identity.id, results));
    exit_code = worse(exit_code, exit_code_of(results));
    documents.push_back(conform::to_json(setting, results));
    all.insert(all.end(), results.begin(), results.end());
  }
  write_results(targets, documents, all);
  return static_cast<int>(exit_code);
}

}  // namespace bitgate::cli

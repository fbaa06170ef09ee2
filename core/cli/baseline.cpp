// bitgate baseline: save, show, diff, trend
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "cli/baselines.hpp"
#include "cli/command_line.hpp"
#include "cli/plugin_options.hpp"
#include "cli/receipts.hpp"
#include "cli/reporter_options.hpp"
#include "cli/subcommands.hpp"
#include "run/stored.hpp"
#include "run/trend.hpp"

namespace bitgate::cli {
namespace {

constexpr const char* kDirectory = ".bitgate/baselines";

po::options_description directory_option() {
  po::options_description options;
  options.add_options()("dir",
                        po::value<std::string>()->default_value(kDirectory)->value_name("DIR"),
                        "where baselines are kept");
  return options;
}

std::string directory_of(const po::variables_map& values) {
  return values["dir"].as<std::string>();
}

nlohmann::ordered_json document_at(const po::variables_map& values, const Usage& usage) {
  return with_receipt(receipt_path(values, usage),
                      [](const nlohmann::ordered_json& document) { return document; });
}

int save(const Arguments& arguments) {
  const Usage usage{
      "bitgate baseline save RECEIPT [options]",
      "Keeps a receipt as the baseline of its pipeline on such machines, in the place "
      "of the one before.\nIt must be verified, its verdict pass, and the commit that "
      "it is of a whole one.",
      "receipt", 1};
  po::options_description options = directory_option();
  options.add_options()("commit", po::value<std::string>()->value_name("SHA"),
                        "what was measured; by default HEAD of the git repository here");
  const auto values = parse(usage, options, arguments);
  if (!values) return 0;
  const nlohmann::ordered_json document = document_at(*values, usage);
  const std::string commit =
      values->count("commit") != 0 ? (*values)["commit"].as<std::string>() : commit_here();
  try {
    const Baseline saved = save_baseline(directory_of(*values), document, commit);
    fmt::print("baseline established: {}\n", saved.path.string());
    return 0;
  } catch (const BadBaseline& error) {
    fmt::print(stderr, "bitgate baseline: {}\n", error.what());
    return static_cast<int>(ExitCode::kFail);
  }
}

int show(const Arguments& arguments) {
  const Usage usage{"bitgate baseline show [options]", "Lists the baselines.", "", 0};
  const auto values = parse(usage, directory_option(), arguments);
  if (!values) return 0;
  try {
    const std::vector<Baseline> baselines = baselines_in(directory_of(*values));
    for (const Baseline& one : baselines) {
      fmt::print("{}  {}  {}  {}  {}\n", one.receipt.pipeline.name, one.fingerprint,
                 one.receipt.started, one.commit.substr(0, 12), one.path.string());
    }
    if (!baselines.empty()) return 0;
    fmt::print(stderr, "no baselines in {}\n", directory_of(*values));
    return static_cast<int>(ExitCode::kNothingMeasured);
  } catch (const BadBaseline& error) {
    fmt::print(stderr, "bitgate baseline: {}\n", error.what());
    return static_cast<int>(ExitCode::kFail);
  }
}

int missing(const std::string& policy, const std::string& why) {
  fmt::print("skipped ({}: {})\n", reason::kMissingBaseline, why);
  if (policy == "skip") return 0;
  return static_cast<int>(policy == "fail" ? ExitCode::kFail : ExitCode::kNothingMeasured);
}

int diff(const Arguments& arguments) {
  const Usage usage{
      "bitgate baseline diff RECEIPT [options]",
      "Shows how the metrics of the gates moved since the baseline of this pipeline on such a "
      "machine.\nThat is advice: no number of another hour fails a change. What can't be compared "
      "is an exit code:\n5 without a baseline, and where the receipt lacks what the baseline has.",
      "receipt", 1};
  po::options_description options = directory_option();
  options.add_options()("on-missing", po::value<std::string>()->value_name("skip|fail"),
                        "without a baseline: exit code 0, or 1");
  const auto values = parse(usage, options, arguments);
  if (!values) return 0;
  const std::string policy =
      values->count("on-missing") == 0 ? "" : (*values)["on-missing"].as<std::string>();
  if (!policy.empty() && policy != "skip" && policy != "fail") {
    throw UsageError(fmt::format("--on-missing {}: skip or fail", policy));
  }
  const nlohmann::ordered_json document = document_at(*values, usage);
  try {
    const Receipt receipt = receipt_of(document);
    const auto baseline = find_baseline(directory_of(*values), receipt);
    if (!baseline) return missing(policy, why_no_baseline(directory_of(*values), receipt));
    const std::size_t gone = print_movements(*baseline, receipt);
    return static_cast<int>(gone == 0 ? ExitCode::kPass : ExitCode::kNothingMeasured);
  } catch (const BadReceipt& error) {
    throw UsageError(std::string("the receipt ") + error.what());
  } catch (const BadBaseline& error) {
    fmt::print(stderr, "bitgate baseline: {}\n", error.what());
    return static_cast<int>(ExitCode::kFail);
  }
}

int trend(const Arguments& arguments) {
  po::options_description options;
  add_reporter_options(options);
  options.add(search_options());
  const Usage usage{
      "bitgate baseline trend FOLDER [options]",
      "Shows how the metrics of gates moved over all receipts and baselines below a folder, and "
      "where they\nchanged for good: a series for each case and metric, and for each kind of "
      "machine by itself. That is\nadvice: the exit code is 0, or 5 if there is nothing to show. "
      "Reporters that know trends: console, markdown, json.",
      "folder", 1};
  const auto values = parse(usage, options, arguments);
  if (!values) return 0;
  if (values->count("folder") == 0) {
    throw UsageError("name the folder\nusage: " + usage.synopsis);
  }
  const std::string folder = (*values)["folder"].as<std::vector<std::string>>().front();
  try {
    const Trend found = read_trend(folder);
    const bool reported =
        report_trend(to_json(found), reporters_of(*values, {}), plugin_rules(*values));
    if (!reported) return static_cast<int>(ExitCode::kFault);
    return static_cast<int>(found.series.empty() ? ExitCode::kNothingMeasured : ExitCode::kPass);
  } catch (const std::filesystem::filesystem_error& error) {
    throw UsageError(fmt::format("{} can't be read: {}", folder, error.code().message()));
  }
}

constexpr std::array kSubcommands = {
    Subcommand{"save", "keep a receipt", save},
    Subcommand{"show", "list those that are kept", show},
    Subcommand{"diff", "show how numbers moved since", diff},
    Subcommand{"trend", "show how numbers moved over many receipts", trend},
};

}  // namespace

int baseline(const Arguments& arguments) {
  return call_subcommand("baseline", kSubcommands, arguments);
}

}  // namespace bitgate::cli

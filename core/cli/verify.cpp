// bitgate verify
#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "receipt/json.hpp"
#include "receipt/read.hpp"
#include "run/verify.hpp"

namespace bitgate::cli {
namespace {

Verification verify_file(const std::string& path, bool with_files) {
  try {
    const nlohmann::ordered_json document = read_receipt(path);
    Verification verification = bitgate::verify(document);
    if (with_files) verify_files(receipt_of(document), verification);
    return verification;
  } catch (const BadReceipt& error) {
    Verification broken;
    broken.differences.emplace_back(error.what());
    return broken;
  } catch (const std::system_error& error) {
    throw UsageError(fmt::format("{} can't be read: {}", path, error.code().message()));
  }
}

}  // namespace

int verify(const Arguments& arguments) {
  po::options_description options;
  options.add_options()("no-files",
                        "don't look at the pipeline and the plugins where they lie now");
  const Usage usage{
      "bitgate verify RECEIPT... [options]",
      "Derives metrics, gates and verdict again from the raw samples of receipts, and "
      "compares\nthem and the digests of the receipt, its pipeline and its plugins. "
      "Runs nothing.\nThe exit code is 0 if all of it agrees, whatever the verdict, "
      "else 1.",
      "receipt", -1};
  const auto values = parse(usage, options, arguments);
  if (!values) return 0;
  if (values->count("receipt") == 0) {
    throw UsageError("name the receipt\nusage: " + usage.synopsis);
  }
  bool good = true;
  for (const std::string& path : (*values)["receipt"].as<std::vector<std::string>>()) {
    const Verification result = verify_file(path, values->count("no-files") == 0);
    for (const std::string& note : result.notes) fmt::print(stderr, "note: {}\n", note);
    for (const std::string& difference : result.differences) {
      fmt::print("differs   {}: {}\n", path, difference);
    }
    good = good && result.differences.empty();
    if (result.differences.empty()) {
      const std::string why = result.verdict.reason.text();
      fmt::print("verified  {}: {}{}\n", path, word(result.verdict.status),
                 why.empty() ? "" : fmt::format(" ({})", why));
    }
  }
  return static_cast<int>(good ? ExitCode::kPass : ExitCode::kFail);
}

}  // namespace bitgate::cli

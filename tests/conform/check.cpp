#include "conform/check.hpp"

#include <fstream>
#include <stdexcept>

namespace bitgate::test {

using nlohmann::json;

std::string Checked::objections() const {
  std::string out;
  for (const json& result : results.at("results")) {
    const auto status = result.at("status").get<std::string>();
    if (status == "pass" || status == "skip") continue;
    out += status + " " + result.at("check").get<std::string>() + "\n";
  }
  return out;
}

const json& Checked::of(const std::string& check) const {
  for (const json& result : results.at("results")) {
    if (result.at("check") == check) return result;
  }
  throw std::out_of_range("no result of " + check);
}

Checked check_plugin(const std::string& file, const std::vector<std::string>& more) {
  const TemporaryDirectory directory;
  const std::string results = directory / "results.json";
  std::vector<std::string> arguments = {"plugin", "check", file, "--json", results};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Checked checked{run_bitgate(arguments), {}};
  if (std::ifstream in(results); in) checked.results = json::parse(in);
  return checked;
}

Checked check_zoo(const std::string& device, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"--device", "zoo/" + device};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return check_plugin(ZOO_PLUGIN, arguments);
}

std::string first_party(const std::string& name) { return PLUGIN_DIRECTORY "/" + name + ".so"; }

std::string token_in(const json& result) {
  const std::string prefix = "bitgate repro ";
  for (const json& finding : result.at("findings")) {
    if (!finding.at("repro").is_string()) continue;
    return finding.at("repro").get<std::string>().substr(prefix.size());
  }
  throw std::out_of_range("no finding with a token");
}

}  // namespace bitgate::test

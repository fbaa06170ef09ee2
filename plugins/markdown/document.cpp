#include "document.hpp"

#include <bitgate/evidence.hpp>
#include <bitgate/report_text.hpp>

#include <algorithm>
#include <optional>

#include "escape.hpp"
#include "table.hpp"

namespace markdown {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostEvidence = 5000;
constexpr std::size_t kMostWarnings = 5;

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : ""; }

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

/// "fail", or "skipped (unsupported: no kernel)".
std::string status_of(const Json& subject) {
  const std::string status = text_of(subject.at("status"));
  std::string why = text_of(subject.at("reason"));
  if (why.starts_with(status + ": ")) why.erase(0, status.size() + 2);
  return prose(status) + (why.empty() ? "" : " (" + prose(why) + ")");
}

std::optional<std::string> metric(const Json& result, const char* name) {
  const auto& metrics = result.at("metrics");
  const auto found = metrics.find(name);
  if (found == metrics.end() || !found->at("value").is_number()) return std::nullopt;
  return prose(bitgate::quantity_text(found->at("value"), text_of(found->at("unit"))));
}

std::string gate_row(const Json& gate) {
  const Json& value = gate.at("value");
  const std::string shown =
      value.is_number() ? prose(bitgate::quantity_text(value, text_of(gate.at("unit")))) : "";
  return "| " + code(text_of(gate.at("id"))) +
         (gate.at("required").get<bool>() ? "" : " (not required)") + " | " + status_of(gate) +
         " | " + shown + " | " + prose(text_of(gate.at("metric"))) + " " +
         prose(text_of(gate.at("require"))) + " | " + std::to_string(gate.at("cases").size()) +
         " |\n";
}

/// Of a product, or of both phases of a model that answers.
std::string rate(const Json& result) {
  if (const auto throughput = metric(result, "compute.throughput")) return *throughput;
  std::string out;
  if (const auto prefill = metric(result, "prefill.rate")) out += "prefill " + *prefill;
  if (const auto decode = metric(result, "decode.rate")) {
    out += (out.empty() ? "decode " : ", decode ") + *decode;
  }
  return out;
}

std::string case_row(const Json& result) {
  std::string kernels;
  for (const Json& kernel : result.at("kernels")) {
    kernels += (kernels.empty() ? "" : " ") + code(text_of(kernel.at("name")), 100);
    if (kernels.size() > 1000) break;
  }
  return "| " + code(text_of(result.at("id"))) + " | " + status_of(result) + " | " +
         metric(result, "compute.time").value_or("") + " | " + rate(result) + " | " +
         metric(result, "compute.ceiling").value_or(metric(result, "decode.ceiling").value_or("")) +
         " | " + kernels + " |\n";
}

std::string head(const Json& receipt) {
  const Json& verdict = receipt.at("verdict");
  const Json& pipeline = receipt.at("pipeline");
  std::string out = "## " + upper(prose(text_of(verdict.at("status")))) + ": " +
                    prose(text_of(pipeline.at("gate"))) + "\n\n";
  const std::string why = text_of(verdict.at("reason"));
  if (!why.empty()) out += prose(why, 1000) + "\n\n";
  const Json& cases = receipt.at("cases");
  const auto measured = std::count_if(
      cases.begin(), cases.end(), [](const Json& one) { return one.at("status") == "measured"; });
  out += "**" + prose(text_of(verdict.at("route"))) + "** · " + std::to_string(measured) + " of " +
         counted(cases.size(), "case") + " measured · pipeline " +
         code(text_of(pipeline.at("name"))) + "\n";
  return out;
}

std::string machine(const Json& receipt) {
  const Json& facts = receipt.at("environment").at("facts");
  const Json& tool = receipt.at("tool");
  std::string out =
      "bitgate " + prose(text_of(tool.at("version"))) + " (" + prose(text_of(tool.at("git"))) + ")";
  if (facts.contains("cpu.model")) out += " on " + prose(text_of(facts.at("cpu.model")));
  if (facts.contains("cpu.cores")) out += ", cores: " + prose(text_of(facts.at("cpu.cores")));
  return out + "; finished " + prose(text_of(receipt.at("finished"))) + "\n";
}

std::string warnings(const Json& receipt) {
  const Json& all = receipt.at("environment").at("warnings");
  std::string out;
  for (std::size_t i = 0; i < all.size() && i < kMostWarnings; ++i) {
    out += "- warning: " + prose(text_of(all[i])) + "\n";
  }
  if (all.size() > kMostWarnings) {
    out += "- and " + counted(all.size() - kMostWarnings, "more warning") + "\n";
  }
  return out.empty() ? "" : out + "\n";
}

}  // namespace

std::string document(const Json& receipt, std::string_view sha256) {
  const Json& gates = receipt.at("gates");
  const Json& cases = receipt.at("cases");
  std::string out = head(receipt) + "\n";
  const std::string end = warnings(receipt) +
                          "Evidence: " + code(bitgate::evidence(receipt, sha256), kMostEvidence) +
                          "\n\n" + machine(receipt);
  const std::size_t room = kMostBytes - out.size() - end.size();
  if (!gates.empty()) {
    out += table(
        "| Gate | Status | Value | Needs | Cases |\n| ---- | ------ | ----: | ----- | ----: |\n",
        gates, "gate", room / 2, gate_row);
    out += "\n";
  }
  if (!cases.empty()) {
    out += "<details><summary>" + counted(cases.size(), "case") + "</summary>\n\n";
    out += table(
        "| Case | Status | Compute | Rate | Of ceiling | Kernels |\n"
        "| ---- | ------ | ------: | ---: | ---------: | ------- |\n",
        cases, "case", kMostBytes - out.size() - end.size(), case_row);
    out += "\n</details>\n\n";
  }
  return out + end;
}

}  // namespace markdown

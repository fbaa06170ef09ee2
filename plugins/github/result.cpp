#include "result.hpp"

#include <bitgate/evidence.hpp>

#include <algorithm>

#include "markdown/digest.hpp"

namespace github {

namespace {

/// A gate's id, in which whatever no id has is a dash.
std::string gate_id(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-_:";
  constexpr std::size_t kMost = 100;
  std::string out;
  for (const char c : text.substr(0, kMost)) {
    out += kAllowed.find(c) == std::string_view::npos ? '-' : c;
  }
  return out;
}

}  // namespace

Result result_of(const Json& receipt) {
  Result result;
  result.digest = markdown::sha256(receipt.dump(2) + "\n");
  result.gate = gate_id(receipt.at("pipeline").at("gate").get<std::string>());
  result.short_gate = result.gate.substr(result.gate.rfind(':') + 1);
  if (result.short_gate.empty()) result.short_gate = "-";
  result.evidence = bitgate::evidence(receipt, result.digest);
  result.started = receipt.at("started").get<std::string>();
  result.finished = receipt.at("finished").get<std::string>();

  const Json& verdict = receipt.at("verdict");
  const auto status = verdict.at("status").get<std::string>();
  const Json& reason = verdict.at("reason");
  result.reason = reason.is_string() ? reason.get<std::string>() : "";
  result.route = verdict.at("route").get<std::string>();
  if (status == "pass") {
    result.outcome = Outcome::kPass;
    result.status = status;
  } else if (status == "fail") {
    result.outcome = Outcome::kFail;
    result.status = status;
  } else {
    const std::string code = result.reason.substr(0, result.reason.find(':'));
    result.reason.erase(0, std::min(code.size() + 2, result.reason.size()));
    result.status =
        "skipped (" + bitgate::detail::evidence_word(code.empty() ? "unknown" : code) + ")";
  }
  const Json& cases = receipt.at("cases");
  const auto measured = std::count_if(
      cases.begin(), cases.end(), [](const Json& one) { return one.at("status") == "measured"; });
  result.measured = std::to_string(measured) + " of " + std::to_string(cases.size()) +
                    (cases.size() == 1 ? " case" : " cases") + " measured";
  return result;
}

std::string short_digest(const Result& result) { return result.digest.substr(0, 12); }

}  // namespace github

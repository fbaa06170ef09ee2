// A receipt as one line of evidence, for check runs, ledgers and summaries. It is a pure function
// of the receipt, so whoever has the receipt can derive it again, and it holds no number that the
// receipt lacks. Needs only the standard library: Json is nlohmann::ordered_json or its like.
//
//   line   = gate ": " clause *( "; " clause )
//   clause = item *( ", " item )
//   item   = [ key ": " ] value
//   value  = atom *( " " atom ) [ " (" text ")" ]
//   atom   = number [ "%" | "x" ] | count "/" count | word
//   number = fixed notation, "." decimal point, locale independent, signed only as a delta
//
// key, word and text are printable characters without ; , : | ( ) < > @ and the backtick; text may
// hold ": ".
#pragma once

#include <bitgate/report_text.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bitgate {
namespace detail {

/// A character that the grammar keeps for itself, as one that reads alike.
inline std::string_view evidence_stand_in(char c) {
  switch (c) {
    case '(':
      return "[";
    case ')':
      return "]";
    case '<':
      return "‹";
    case '>':
      return "›";
    case '|':
      return "/";
    case '`':
      return "'";
    case ';':
    case ',':
      return " -";
    case '@':
      return " at ";
    default:
      return "-";
  }
}

/// Free text between parentheses.
inline std::string evidence_text(std::string_view text) {
  constexpr std::size_t kMost = 120;
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const std::string_view pair = text.substr(i, 2);
    if (pair == "<=" || pair == ">=") {
      out += c == '<' ? "≤" : "≥";
      ++i;
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += ' ';
    } else if (pair != ": " && std::string_view(";,:|()<>@`").find(c) != std::string_view::npos) {
      out += evidence_stand_in(c);
    } else {
      out += c;
    }
  }
  out = shortened(printable(out), kMost);
  while (!out.empty() && (out.back() == ' ' || out.back() == ':')) out.pop_back();
  out.erase(0, out.find_first_not_of(' '));
  return out.empty() ? "-" : out;
}

/// One word or key: without spaces.
inline std::string evidence_word(std::string_view text) {
  constexpr std::size_t kMost = 60;
  std::string out;
  for (const std::string_view point : code_points(text)) {
    const std::uint32_t c = code_point_of(point);
    const bool kept = std::string_view(" ;,:|()<>@`").find(point) == std::string_view::npos &&
                      !is_control(c) && !reorders_text(c);
    out += kept ? point : "-";
  }
  return out.empty() ? "-" : shortened(out, kMost);
}

template <class Json>
std::string evidence_reason(const Json& reason) {
  return reason.is_string() ? reason.template get<std::string>() : "";
}

/// "simd-gain: compute.throughput 25x pass (needs ≥ 1.5x - worst of 2 cases)"
template <class Json>
std::string evidence_clause(const Json& gate) {
  std::string out = evidence_word(gate.at("id").template get<std::string>()) + ": " +
                    evidence_word(gate.at("metric").template get<std::string>()) + " ";
  const auto status = gate.at("status").template get<std::string>();
  const Json& value = gate.at("value");
  if (status == "skipped" || !value.is_number()) {
    const std::string why = evidence_reason(gate.at("reason"));
    return out + evidence_word(status) + (why.empty() ? "" : " (" + evidence_text(why) + ")");
  }
  const std::string unit = gate.at("unit").template get<std::string>();
  const bool is_known = unit == "ns" || unit == "x" || unit == "%" || unit == "1";
  const std::string shown_unit = is_known ? unit : "count";
  out += quantity_text(value.template get<double>(), shown_unit) + " ";
  if (!is_known && unit != "count" && !unit.empty()) out += evidence_word(unit) + " ";
  std::string text = "needs " + gate.at("require").template get<std::string>();
  if (const Json& interval = gate.at("interval"); interval.is_array() && interval.size() == 2) {
    text += " - 95% interval " + quantity_text(interval[0].template get<double>(), shown_unit) +
            " to " + quantity_text(interval[1].template get<double>(), shown_unit);
  }
  const Json& cases = gate.at("cases");
  const auto judged = std::count_if(cases.begin(), cases.end(),
                                    [](const Json& one) { return one.at("status") != "skipped"; });
  if (judged > 1) text += " - worst of " + std::to_string(judged) + " cases";
  return out + evidence_word(status) + " (" + evidence_text(text) + ")";
}

/// How the cases were measured: "primary", each on its own backend, or "alternative 2/4 (gpu on
/// simd)", how many on another and the first of those.
template <class Json>
std::string evidence_method(const Json& cases) {
  std::size_t count = 0;
  std::string first;
  for (const Json& one : cases) {
    const auto fallback = one.find("fallback");
    if (fallback == one.end() || !fallback->at("ran_on").is_string()) continue;
    if (++count == 1) {
      first = one.at("backend").template get<std::string>() + " on " +
              fallback->at("ran_on").template get<std::string>();
    }
  }
  if (count == 0) return "primary";
  return "alternative " + std::to_string(count) + "/" + std::to_string(cases.size()) + " (" +
         evidence_text(first) + ")";
}

/// The gates that decide come first: those that keep the verdict from pass.
template <class Json>
std::vector<const Json*> evidence_order(const Json& gates) {
  std::vector<const Json*> out;
  for (const Json& gate : gates) out.push_back(&gate);
  std::stable_partition(out.begin(), out.end(), [](const Json* gate) {
    return gate->at("status") != "pass" && gate->at("required").template get<bool>() &&
           gate->at("blocking").template get<bool>();
  });
  return out;
}

}  // namespace detail

/// "benchmarks": the last part of the gate's public id "generative:gate:benchmarks".
template <class Json>
std::string short_gate_name(const Json& receipt) {
  const auto id = receipt.at("pipeline").at("gate").template get<std::string>();
  return detail::evidence_word(id.substr(id.rfind(':') + 1));
}

/// The line. `sha256` is the digest, in hex, of the receipt as the reporter json writes it: its
/// first 12 digits end the line.
template <class Json>
std::string evidence(const Json& receipt, std::string_view sha256) {
  constexpr std::size_t kMostGates = 12;
  const Json& cases = receipt.at("cases");
  const auto measured = std::count_if(
      cases.begin(), cases.end(), [](const Json& one) { return one.at("status") == "measured"; });
  std::string out = short_gate_name(receipt) + ": cases: " + std::to_string(measured) + "/" +
                    std::to_string(cases.size()) + " measured";
  const std::vector<const Json*> gates = detail::evidence_order(receipt.at("gates"));
  std::map<std::string, std::size_t> others;
  for (std::size_t i = 0; i < gates.size(); ++i) {
    if (i < kMostGates) {
      out += "; " + detail::evidence_clause(*gates[i]);
    } else {
      ++others[detail::evidence_word(gates[i]->at("status").template get<std::string>())];
    }
  }
  std::string_view before = "; other gates: ";
  for (const auto& [status, count] : others) {
    out.append(before).append(std::to_string(count)).append(" ").append(status);
    before = ", ";
  }
  const Json& verdict = receipt.at("verdict");
  out += "; method: " + detail::evidence_method(cases);
  if (const auto attempts = receipt.find("attempts"); attempts != receipt.end()) {
    out += "; attempts: " + detail::evidence_word(attempts->at("made").dump()) + "/" +
           detail::evidence_word(attempts->at("most").dump());
  }
  out += "; result: " + detail::evidence_word(verdict.at("status").template get<std::string>());
  const std::string why = detail::evidence_reason(verdict.at("reason"));
  if (!why.empty()) {
    const std::size_t colon = why.find(": ");
    out += "; reason: " + detail::evidence_word(why.substr(0, colon));
    if (colon != std::string::npos) {
      out += " (" + detail::evidence_text(why.substr(colon + 2)) + ")";
    }
  }
  return out + "; receipt: " + std::string(sha256.substr(0, 12));
}

}  // namespace bitgate

#include "document.hpp"

#include <bitgate/report_text.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace junit {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : ""; }

/// Text in an attribute or an element. What XML 1.0 can't hold at all is made visible.
std::string escaped(std::string_view text) {
  std::string out;
  for (const std::string_view point : bitgate::code_points(text)) {
    const std::uint32_t c = bitgate::code_point_of(point);
    if (point == "&") {
      out += "&amp;";
    } else if (point == "<") {
      out += "&lt;";
    } else if (point == ">") {
      out += "&gt;";
    } else if (point == "\"") {
      out += "&quot;";
    } else if (point == "\n") {
      out += "&#10;";
    } else if (point == "\t") {
      out += "&#9;";
    } else if ((c & 0xFFFE) == 0xFFFE) {  // noncharacters
      out += "?";
    } else {
      out += bitgate::printable(point);
    }
  }
  return out;
}

std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + escaped(value) + "\"";
}

std::string seconds_text(double seconds) {
  std::array<char, 400> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed, 6);
  return {text.data(), end.ptr};
}

enum class Outcome { kGood, kFailure, kError, kSkipped };

/// "skipped (unsupported: no kernel)", "error (SIGSEGV in run)"
std::string message_of(const Json& subject) {
  const std::string status = text_of(subject.at("status"));
  std::string why = text_of(subject.at("reason"));
  if (why.starts_with(status + ": ")) why.erase(0, status.size() + 2);
  return status + (why.empty() ? "" : " (" + why + ")");
}

class Suite {
 public:
  explicit Suite(std::string name) : name_(std::move(name)) {}

  /// `inside`: elements that follow the outcome.
  void add(const std::string& group, const std::string& name, double seconds, Outcome outcome,
           const std::string& message, const std::string& inside = "") {
    ++tests_;
    seconds_ += seconds;
    cases_ += "    <testcase" + attribute("classname", group) + attribute("name", name) +
              attribute("time", seconds_text(seconds));
    std::string content;
    if (outcome != Outcome::kGood) {
      content = std::string("      <") + element(outcome) + attribute("message", message) + "/>\n";
    }
    failures_ += outcome == Outcome::kFailure ? 1 : 0;
    errors_ += outcome == Outcome::kError ? 1 : 0;
    skipped_ += outcome == Outcome::kSkipped ? 1 : 0;
    content += inside;
    cases_ += content.empty() ? "/>\n" : ">\n" + content + "    </testcase>\n";
  }

  [[nodiscard]] std::string text(const Json& receipt) const {
    return "  <testsuite" + attribute("name", name_) + counts() +
           attribute("timestamp", text_of(receipt.at("started"))) + ">\n" + cases_ +
           "  </testsuite>\n";
  }

  [[nodiscard]] std::string counts() const {
    return attribute("tests", std::to_string(tests_)) +
           attribute("failures", std::to_string(failures_)) +
           attribute("errors", std::to_string(errors_)) +
           attribute("skipped", std::to_string(skipped_)) +
           attribute("time", seconds_text(seconds_));
  }

  void count(const Suite& part) {
    tests_ += part.tests_;
    failures_ += part.failures_;
    errors_ += part.errors_;
    skipped_ += part.skipped_;
    seconds_ += part.seconds_;
  }

 private:
  static const char* element(Outcome outcome) {
    if (outcome == Outcome::kFailure) return "failure";
    return outcome == Outcome::kError ? "error" : "skipped";
  }

  std::string name_;
  std::string cases_;
  std::size_t tests_ = 0;
  std::size_t failures_ = 0;
  std::size_t errors_ = 0;
  std::size_t skipped_ = 0;
  double seconds_ = 0;
};

Suite verdict_of(const Json& receipt) {
  const Json& verdict = receipt.at("verdict");
  const std::string status = text_of(verdict.at("status"));
  Suite suite("verdict");
  const Outcome outcome = status == "pass"               ? Outcome::kGood
                          : status == "fail"             ? Outcome::kFailure
                          : verdict.at("exit_code") == 0 ? Outcome::kSkipped
                                                         : Outcome::kError;
  suite.add("verdict", text_of(receipt.at("pipeline").at("gate")), 0, outcome, message_of(verdict));
  return suite;
}

Suite gates_of(const Json& receipt) {
  Suite suite("gates");
  for (const Json& gate : receipt.at("gates")) {
    const std::string status = text_of(gate.at("status"));
    const bool decides = gate.at("required").get<bool>() && gate.at("blocking").get<bool>();
    Outcome outcome = Outcome::kGood;
    if (status != "pass") {
      outcome = !decides           ? Outcome::kSkipped
                : status == "fail" ? Outcome::kFailure
                                   : Outcome::kError;
    }
    std::string said = message_of(gate);
    if (!gate.at("required").get<bool>()) said = "not required: " + said;
    std::string output = text_of(gate.at("metric")) + " " + text_of(gate.at("require"));
    if (gate.at("value").is_number()) {
      output += ": " + bitgate::quantity_text(gate.at("value"), text_of(gate.at("unit")));
    }
    suite.add("gates", text_of(gate.at("id")), 0, outcome, said,
              "      <system-out>" + escaped(output) + "</system-out>\n");
  }
  return suite;
}

/// Of all samples: what it took to measure.
double measuring_seconds(const Json& result) {
  double ns = 0;
  for (const Json& stage : result.at("stages")) {
    for (const Json& sample : stage.at("samples_ns")) ns += sample.get<double>();
  }
  return ns / 1e9;
}

Suite cases_of(const Json& receipt) {
  Suite suite("cases");
  for (const Json& result : receipt.at("cases")) {
    const std::string status = text_of(result.at("status"));
    const Outcome outcome = status == "measured"  ? Outcome::kGood
                            : status == "fail"    ? Outcome::kFailure
                            : status == "skipped" ? Outcome::kSkipped
                                                  : Outcome::kError;
    const std::string tail = text_of(result.at("stderr_tail"));
    suite.add(text_of(result.at("suite")), text_of(result.at("id")), measuring_seconds(result),
              outcome, message_of(result),
              tail.empty() ? "" : "      <system-err>" + escaped(tail) + "</system-err>\n");
  }
  return suite;
}

}  // namespace

std::string document(const Json& receipt) {
  Suite all("bitgate");
  std::string suites;
  for (const Suite& part : {verdict_of(receipt), gates_of(receipt), cases_of(receipt)}) {
    all.count(part);
    suites += part.text(receipt);
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" +
         attribute("name", "bitgate: " + text_of(receipt.at("pipeline").at("name"))) +
         all.counts() + ">\n" + suites + "</testsuites>\n";
}

}  // namespace junit

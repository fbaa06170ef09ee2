// The line of evidence: its grammar, and that every number in it is the receipt's.
#include <bitgate/evidence.hpp>

#include <clocale>
#include <random>
#include <regex>

#include "receipt/receipts.hpp"
#include "reporters/reporter_talk.hpp"
#include "support/catch.hpp"

using namespace bitgate;
using namespace bitgate::test;
using Catch::Matchers::Contains;

namespace {

const std::string kDigest = "0123456789abcdef" + std::string(48, '0');

std::string line_of(const Receipt& receipt) { return evidence(sent(receipt), kDigest); }

/// The grammar of <bitgate/evidence.hpp> over bytes; characters beyond ASCII are looked at apart.
bool is_evidence(const std::string& line) {
  const std::string plain = R"([^;,:|()<>@`\x00-\x20\x7f])";
  const std::string word = plain + "+";
  const std::string number = R"([+-]?[0-9]+(\.[0-9]+)?[%x]?)";
  const std::string atom = "(" + number + "|[0-9]+/[0-9]+|" + word + ")";
  const std::string text = "(" + plain + "|: | )+";
  const std::string value = atom + "( " + atom + ")*( \\(" + text + "\\))?";
  const std::string item = "(" + word + "( " + word + ")*: )?" + value;
  const std::string clause = item + "(, " + item + ")*";
  const static std::regex clauses(clause);
  // Clause by clause, since the regular expressions of the standard library recurse.
  const std::size_t head = line.find(": ");
  if (head == std::string::npos || !std::regex_match(line.substr(0, head), std::regex(word))) {
    return false;
  }
  std::string rest = line.substr(head + 2);
  while (true) {
    const std::size_t end = rest.find("; ");
    if (!std::regex_match(rest.substr(0, end), clauses)) return false;
    if (end == std::string::npos) break;
    rest = rest.substr(end + 2);
  }
  for (const std::string_view point : code_points(line)) {
    const std::uint32_t c = code_point_of(point);
    if (is_control(c) || reorders_text(c)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("the evidence of every outcome") {
  std::string lines;
  for (const auto& [name, receipt] : receipts()) {
    INFO(name);
    const std::string line = line_of(receipt);
    CHECK(is_evidence(line));
    CHECK_THAT(line, Contains("; receipt: 0123456789ab") && !Contains("0123456789abc"));
    lines += name + "\n  " + line + "\n";
  }
  check_document("evidence.txt", lines);
}

TEST_CASE("the grammar refuses what it should") {
  CHECK(is_evidence("a: b: 1x; receipt: 0"));
  for (const char* wrong : {"a", "a: ", "a: b; ", "a: (b)", "a: b (c", "a: b (c) d", "a: b:c",
                            "a: b | c", "a: <b>", "a: @b", "a: `b`", "a: b\n", "a: b ()"}) {
    INFO(wrong);
    CHECK_FALSE(is_evidence(wrong));
  }
}

TEST_CASE("no name breaks the grammar") {
  std::mt19937 random(1);
  const std::vector<std::string> pieces = {";",
                                           ",",
                                           ":",
                                           ": ",
                                           "|",
                                           "(",
                                           ")",
                                           "<",
                                           ">",
                                           "<=",
                                           "@",
                                           "`",
                                           " ",
                                           "\n",
                                           "\x1b",
                                           "\x7f",
                                           "\xC2\x9B",
                                           "\xE2\x80\xAE",
                                           "\xF0\x9F\x9A\x80",
                                           "a",
                                           "1",
                                           "%",
                                           "-->",
                                           "; receipt: ffff"};
  const auto text = [&] {
    std::string out;
    for (std::size_t i = random() % 12; i > 0; --i) out += pieces[random() % pieces.size()];
    return out;
  };
  for (int round = 0; round < 200; ++round) {
    Receipt receipt = receipts().at(round % 2 == 0 ? "fail" : "partly");
    receipt.pipeline.gate = text();
    receipt.verdict.reason.detail = text();
    for (GateResult& gate : receipt.gates) {
      gate.id = text();
      gate.metric = text();
      gate.require = text();
      gate.unit = round % 3 == 0 ? text() : "ns";
      if (!gate.reason.empty()) gate.reason.detail = text();
    }
    const std::string line = line_of(receipt);
    INFO(line);
    CHECK(is_evidence(line));
    CHECK(line.find("; receipt: ") == line.rfind("; receipt: "));
  }
}

TEST_CASE("gates that decide come first, and gates that are left out are counted") {
  Receipt receipt = receipts().at("fail");
  const GateResult good = receipt.gates.front();
  receipt.gates.insert(receipt.gates.begin(), 30, good);
  const std::string line = line_of(receipt);
  CHECK(line.find("latency: compute.time") < line.find("exact: output.mismatches"));
  CHECK_THAT(line, Contains("; other gates: 1 fail, 21 pass; method: primary; result: fail"));
}

TEST_CASE("the method says who measured, and how often it was tried") {
  Receipt receipt = receipts().at("pass");
  CHECK_THAT(line_of(receipt), Contains("; method: primary; result: pass"));
  receipt.cases[1].fallback = {"", {{"scalar", {reason::kUnavailable, "away"}}}};
  CHECK_THAT(line_of(receipt), Contains("; method: primary; result: pass"));
  receipt.cases[0].fallback = {"scalar", {{"simd", {reason::kUnavailable, "away"}}}};
  receipt.attempts = {2, 3};
  const std::string line = line_of(receipt);
  CHECK(is_evidence(line));
  CHECK_THAT(line, Contains("; method: alternative 1/4 (simd on scalar); attempts: 2/3; result: "));
}

TEST_CASE("numbers are in fixed notation, whatever the locale and the size") {
  CHECK(fixed_text(0) == "0");
  CHECK(fixed_text(-0.0) == "0");
  CHECK(fixed_text(216.47231) == "216.5");
  CHECK(fixed_text(25) == "25");
  CHECK(fixed_text(9.99996) == "10");
  CHECK(fixed_text(-1.5) == "-1.5");
  CHECK(fixed_text(1234567) == "1234567");
  CHECK(fixed_text(1.302e-7) == "0.0000001302");
  CHECK(fixed_text(1e22) == "10000000000000000000000");
  CHECK(fixed_text(1.7976931348623157e308).size() == 309);
  CHECK(fixed_text(4.9406564584124654e-324).size() == 329);
  CHECK(quantity_text(216472.3, "ns") == "216.5 us");
  CHECK(quantity_text(0.051, "%") == "+5.1%");
  CHECK(quantity_text(-0.051, "%") == "-5.1%");
  CHECK(quantity_text(0.763, "1") == "76.3%");
  CHECK(quantity_text(25, "x") == "25x");
  CHECK(quantity_text(237.24, "Gop/s") == "237.2 Gop/s");
  for (const char* name : {"de_DE.UTF-8", "C"}) {
    if (std::setlocale(LC_ALL, name) != nullptr) CHECK(fixed_text(1.5) == "1.5");
  }
}

TEST_CASE("long texts are cut at a character and marked") {
  CHECK(shortened("größe", 5) == "größe");
  CHECK(shortened("größe", 4) == "grö…");
  CHECK(shortened("", 4).empty());
  CHECK(shortened("abcdef", 1) == "…");
}

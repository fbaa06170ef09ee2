// The reporters "markdown" and "junit", against golden files. After a deliberate change, run this
// test with BITGATE_UPDATE_GOLDEN=1 and read the difference as a user would.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "receipt/receipts.hpp"
#include "reporters/reporter_talk.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"
#include "support/program.hpp"

using namespace bitgate;
using namespace bitgate::test;
using Catch::Matchers::Contains;

namespace {

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string document(const std::string& plugin, const Receipt& receipt) {
  const Told told = tell(plugin, {{"path", "-"}}, receipt);
  CHECK(told.error.empty());
  CHECK(told.err.empty());
  return told.out;
}

/// Everything that Markdown, HTML, GitHub, XML and terminals act on, and nothing else, everywhere.
Receipt attacking(const std::string& attack) {
  Receipt receipt = receipts().at("fail");
  receipt.pipeline.name = receipt.pipeline.gate = receipt.verdict.route = attack;
  receipt.verdict.reason.detail = attack;
  receipt.environment.warnings = {attack};
  for (auto& [name, value] : receipt.environment.facts) value = attack;
  for (GateResult& gate : receipt.gates) {
    gate.id = gate.metric = gate.require = gate.reason.detail = attack;
  }
  for (CaseResult& result : receipt.cases) {
    result.id = result.suite = result.backend = result.reason.detail = attack;
    result.kernels.front().name = result.stderr_tail = attack;
  }
  return receipt;
}

/// What an XML parser that is not ours says of a document: its elements by name, or its objection.
std::string parsed_by_python(const std::string& xml) {
  const TemporaryDirectory directory;
  const std::string script =
      "import sys, collections, xml.etree.ElementTree as e\n"
      "root = e.parse(sys.argv[1]).getroot()\n"
      "names = collections.Counter(x.tag for x in root.iter())\n"
      "print(' '.join(f'{k}={names[k]}' for k in sorted(names)))\n"
      "for s in [root, *root]:\n"
      "    cases = list(s.iter('testcase'))\n"
      "    for attribute, tag in (('failures', 'failure'), ('errors', 'error'), "
      "('skipped', 'skipped')):\n"
      "        assert int(s.get(attribute)) == sum(c.find(tag) is not None for c in cases)\n"
      "    assert int(s.get('tests')) == len(cases)\n";
  const Outcome outcome = run_program({PYTHON, "-c", script, directory.write("junit.xml", xml)});
  return outcome.out + outcome.err;
}

}  // namespace

TEST_CASE("markdown: every outcome reads well in a summary") {
  for (const auto& [name, receipt] : receipts()) {
    check_document("markdown/" + name + ".md", document("markdown", receipt));
  }
}

TEST_CASE("markdown: foreign text is shown and does nothing") {
  const std::string text = document(
      "markdown",
      attacking("|x|`y`<script>&amp;@everyone #1 GH-1 ![i](u) **b** ~~s~~ $a$ http://evil.example "
                "www.evil.example <!-- gates:start --> \x1b[2J\r\n::error::z\n# head\n| a | b |"));
  for (const char* words : {"<script", "|x|", "`", "@everyone", "](", "**b", "~~", "<!--", "://",
                            "www.evil", "\x1b", "\r", "\n::error", "\n# head", "$a"}) {
    INFO(words);
    CHECK(text.find(words) == std::string::npos);
  }
  // Where an entity is resolved before mentions and issues are looked for, something stands
  // between.
  const std::string nothing = "\xE2\x80\x8B";
  CHECK_THAT(text, Contains("&#64;" + nothing + "everyone") && Contains("&#35;" + nothing + "1") &&
                       Contains("GH-" + nothing + "1") && Contains("<code>&#124;x&#124;"));
  // Each table has as many cells in each row as in its head.
  std::size_t rows = 0;
  std::size_t at = 0;
  while ((at = text.find('\n', at)) != std::string::npos) {
    const std::string line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
    const auto bars = std::count(line.begin(), line.end(), '|');
    if (bars > 0) CHECK((bars == 6 || bars == 7));
    rows += bars > 0 ? 1 : 0;
    ++at;
  }
  CHECK(rows == 4 + receipts().at("fail").gates.size() + receipts().at("fail").cases.size());
}

TEST_CASE(
    "markdown: a document that would be too long keeps its head and counts what it left out") {
  Receipt receipt = attacking(std::string(400, '|') + "\xF0\x9F\x9A\x80");
  receipt.environment.warnings.assign(50, std::string(400, '<'));
  for (int i = 0; i < 10; ++i) {
    receipt.cases.insert(receipt.cases.end(), receipt.cases.begin(), receipt.cases.begin() + 4);
    receipt.gates.insert(receipt.gates.end(), receipt.gates.begin(), receipt.gates.begin() + 4);
  }
  const std::string text = document("markdown", receipt);
  CHECK(text.size() <= 65'000);
  CHECK_THAT(text, Contains("## FAIL") && Contains("more gates, which the receipt has") &&
                       Contains("more cases, which the receipt has") &&
                       Contains("45 more warnings") && Contains("; receipt: "));
}

TEST_CASE("markdown: the evidence carries the digest of the file that json writes") {
  const TemporaryDirectory directory;
  const std::string pipeline =
      directory.write("p.yaml", zoo_pipeline(ZOO_PLUGIN, {"correct"}, kExactGate) +
                                    "reporters:\n  - {plugin: json, options: {path: r.json}}\n"
                                    "  - {plugin: markdown, options: {path: r.md}}\n");
  Surroundings around;
  around.directory = directory.path();
  REQUIRE(run_bitgate({"run", pipeline}, around).exit_code == 0);
  const std::string digest = run_program({"sha256sum", directory / "r.json"}).out.substr(0, 12);
  CHECK_THAT(content(directory / "r.md"), Contains("; receipt: " + digest + "</code>"));
}

TEST_CASE("markdown: step_summary appends to the job's file, and says so if there is none") {
  const TemporaryDirectory directory;
  const std::string reporters =
      "reporters:\n  - {plugin: markdown, required: true, options: {step_summary: true}}\n";
  const std::string pipeline =
      directory.write("p.yaml", zoo_pipeline(ZOO_PLUGIN, {"correct"}, kExactGate) + reporters);
  Surroundings around;
  around.environment["GITHUB_STEP_SUMMARY"] = directory.write("summary.md", "an earlier step\n");
  const Outcome outcome = run_bitgate({"run", pipeline}, around);
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.empty());
  const std::string summary = content(directory / "summary.md");
  CHECK(summary.starts_with("an earlier step\n## PASS: "));

  around.environment["GITHUB_STEP_SUMMARY"] = "";
  const Outcome outside = run_bitgate({"run", pipeline}, around);
  CHECK(outside.exit_code == 4);
  CHECK_THAT(outside.err, Contains("GITHUB_STEP_SUMMARY is not set") && Contains("write path"));

  around.environment["GITHUB_STEP_SUMMARY"] = directory / "no/such";
  const Outcome nowhere = run_bitgate({"run", pipeline}, around);
  CHECK(nowhere.exit_code == 4);
  CHECK_THAT(nowhere.err, Contains("the summary can't be appended to " + (directory / "no/such")));
}

TEST_CASE("junit: every outcome, and what keeps a verdict from pass is never only skipped") {
  for (const auto& [name, receipt] : receipts()) {
    const std::string text = document("junit", receipt);
    check_document("junit/" + name + ".xml", text);
    const bool is_red =
        text.find("<failure") != std::string::npos || text.find("<error") != std::string::npos;
    INFO(name);
    CHECK(is_red == (receipt.verdict.status != VerdictStatus::kPass));
  }
}

TEST_CASE("junit: the documents are XML with right totals, whatever the names are") {
  for (const auto& [name, receipt] : receipts()) {
    INFO(name);
    const std::size_t cases = 1 + receipt.gates.size() + receipt.cases.size();
    CHECK_THAT(parsed_by_python(document("junit", receipt)),
               Contains("testcase=" + std::to_string(cases) + " testsuite=3 testsuites=1\n"));
  }
  const Receipt hostile = attacking("<a b=\"c\">&d;]]>--><![CDATA[\x01\x1b\x7f\xEF\xBF\xBF\r\n\t'");
  CHECK_THAT(parsed_by_python(document("junit", hostile)),
             Contains("testcase=9 testsuite=3 testsuites=1\n"));
}

TEST_CASE("markdown, junit: options and places that don't fit are said before the run") {
  const auto fails = [&](const char* plugin, const nlohmann::json& options,
                         const std::string& words) {
    const Told told = tell(plugin, options, receipts().at("pass"));
    INFO(plugin << options);
    CHECK_THAT(told.error, Contains(words));
    CHECK(told.out.empty());
  };
  fails("junit", nlohmann::json::object(), "write options: {path: junit.xml}");
  fails("junit", {{"pth", "x"}}, "unknown option 'pth'; it has: path");
  fails("junit", {{"path", "/no/such/folder/x.xml"}}, "there is no directory /no/such/folder");
  fails("markdown", {{"pth", "x"}}, "unknown option 'pth'; it has: path, step_summary");
  fails("markdown", {{"path", ""}}, "must be the name of a file");
  fails("markdown", {{"step_summary", "yes"}}, "must be true or false");
  fails("markdown", {{"path", "/no/such/folder/x.md"}}, "there is no directory /no/such/folder");
}

// What `bitgate plugin check` prints and writes.
#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>

#include "conform/check.hpp"
#include "support/catch.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::string first_words(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out += line.substr(0, line.find(' ')) + "\n";
  return out;
}

const std::vector<std::string> kQuick = {"--include", "load.note"};

}  // namespace

TEST_CASE("--list names every check with one line, and the documentation has the same") {
  const Outcome outcome = run_bitgate({"plugin", "check", "--list"});
  CHECK(outcome.exit_code == 0);
  std::string documented;
  std::istringstream page(content_of(BITGATE_SOURCE_DIR "/docs/conformance.md"));
  const std::regex row("^\\| `([a-z.-]+)` \\| (.*) \\|$");
  std::smatch match;
  for (std::string line; std::getline(page, line);) {
    if (std::regex_match(line, match, row)) documented += match[1].str() + "\n";
  }
  CHECK(first_words(outcome.out) == documented);
  CHECK(std::count(outcome.out.begin(), outcome.out.end(), '\n') > 50);
}

TEST_CASE("--list shows what a selection comes to") {
  const Outcome outcome =
      run_bitgate({"plugin", "check", "--list", "--include", "timing.*", "--exclude", "repeat"});
  CHECK(first_words(outcome.out) ==
        "timing.counts\ntiming.none\ntiming.synchronize\n"
        "timing.device-clock\ntiming.allocations\n");
}

TEST_CASE("mistakes on the command line exit 2 and say what to write") {
  const auto fails = [](std::vector<std::string> arguments, const std::string& words) {
    arguments.insert(arguments.begin(), {"plugin", "check"});
    const Outcome outcome = run_bitgate(arguments);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.err, Contains(words));
  };
  fails({}, "bitgate plugin check FILE.so");
  fails({ZOO_PLUGIN, "--include", "zebra"}, "no check matches 'zebra'");
  fails({ZOO_PLUGIN, "--fuzz", "soon"}, "a duration such as 30s");
  fails({ZOO_PLUGIN, "--seed", "x"}, "--seed: write an integer");
  fails({ZOO_PLUGIN, "--options", "[1]"}, "--options: write a JSON object");
  fails({ZOO_PLUGIN, "--device", "zoo/corect"}, "did you mean 'zoo/correct'?");
}

TEST_CASE("a file that can't be loaded exits 4") {
  const TemporaryDirectory directory;
  for (const std::string& file :
       {directory.write("text.so", "no library"), directory / "missing.so"}) {
    const Outcome outcome = run_bitgate({"plugin", "check", file});
    INFO(outcome.err);
    CHECK(outcome.exit_code == 4);
    CHECK_THAT(outcome.err, Contains(file));
  }
}

TEST_CASE("results are lines for people, or JSON on stdout and the lines on stderr") {
  const Checked people = check_zoo("correct", kQuick);
  CHECK(people.outcome.out == "pass   load.note\ntest.zoo: 1 pass: conforms\n");
  const Outcome machine = run_bitgate({"plugin", "check", ZOO_PLUGIN, "--device", "zoo/correct",
                                       "--include", "load.note", "--json", "-"});
  CHECK(machine.exit_code == 0);
  CHECK_THAT(machine.err, Contains("pass   load.note"));
  const json results = json::parse(machine.out);
  CHECK(results["schema"] == "bitgate.check/1");
  CHECK(results["plugin"]["id"] == "test.zoo");
  CHECK(results["plugin"]["sha256"].get<std::string>().size() == 64);
  CHECK(results["conforms"] == true);
  CHECK(results["counts"]["pass"] == 1);
  CHECK(results["results"][0]["check"] == "load.note");
  CHECK(results["results"][0]["findings"].empty());
}

TEST_CASE("JUnit has a case for each result, with failures, errors and skips as such") {
  const TemporaryDirectory directory;
  const std::string file = directory / "results.xml";
  const Outcome outcome = run_bitgate({"plugin", "check", ZOO_PLUGIN, "--device", "zoo/segfault",
                                       "--include", "numeric.matmul", "--include", "numeric.fuzz",
                                       "--include", "load.note", "--junit", file});
  CHECK(outcome.exit_code == 1);
  const std::string xml = content_of(file);
  INFO(xml);
  CHECK_THAT(xml, Contains("<testsuite name=\"test.zoo\" tests=\"3\" failures=\"0\" errors=\"1\" "
                           "skipped=\"1\" time=\""));
  CHECK_THAT(xml, Contains("<testcase classname=\"test.zoo\" name=\"load.note\" time=\""));
  CHECK_THAT(xml, Contains("name=\"numeric.matmul@zoo/segfault\"") &&
                      Contains("<error message=\"SIGSEGV in run\">") &&
                      Contains("bitgate repro numeric.matmul:"));
  CHECK_THAT(xml, Contains("<skipped message=\"not asked for; add --fuzz 60s\"/>"));
}

TEST_CASE("the same seed gives the same results, and is part of them") {
  const auto findings = [](const char* seed) {
    const Checked checked =
        check_zoo("fast-wrong", {"--include", "numeric.matmul", "--seed", seed});
    CHECK(checked.results["seed"].dump() == seed);
    return checked.of("numeric.matmul")["findings"];
  };
  CHECK(findings("5") == findings("5"));
  CHECK(findings("5") != findings("6"));
}

TEST_CASE("fuzzing finds a wrong weight for the time that it is given") {
  const Checked checked = check_zoo("fast-wrong", {"--include", "numeric.fuzz", "--fuzz", "20s"});
  CHECK(checked.objections() == "fail numeric.fuzz\n");
  CHECK(run_bitgate({"repro", token_in(checked.of("numeric.fuzz"))}).exit_code == 1);
}

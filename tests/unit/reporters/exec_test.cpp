// The reporter "exec": a command gets the receipt, and can do no more harm than fail.
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
using nlohmann::json;

namespace {

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Told exec(const json& argv, int deadline_s = 60) {
  return tell("exec", {{"argv", argv}, {"deadline_s", deadline_s}}, receipts().at("pass"));
}

Outcome run_with(const std::string& reporters, const TemporaryDirectory& directory,
                 Surroundings around = {}) {
  around.directory = directory.path();
  return run_bitgate(
      {"run", directory.write("p.yaml", zoo_pipeline(ZOO_PLUGIN, {"correct"}, kExactGate) +
                                            "reporters:\n" + reporters)},
      around);
}

}  // namespace

TEST_CASE("exec: the command reads what json writes") {
  const TemporaryDirectory directory;
  const Outcome outcome = run_with(
      "  - {plugin: json, options: {path: a.json}}\n"
      "  - {plugin: exec, options: {argv: [tee, b.json]}, required: true}\n",
      directory);
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  const std::string receipt = content(directory / "a.json");
  CHECK(json::parse(receipt).at("schema") == "bitgate.receipt/1");
  CHECK(content(directory / "b.json") == receipt);
  CHECK(outcome.out == receipt);
}

TEST_CASE("exec: a command that fails changes no verdict, unless it was required") {
  const TemporaryDirectory directory;
  const std::string command = "  - {plugin: exec, options: {argv: [sh, -c, exit 3]}";
  const Outcome lenient = run_with(command + "}\n", directory);
  CHECK(lenient.exit_code == 0);
  CHECK_THAT(lenient.err, Contains("sh exited with 3") && Contains("the verdict stands"));
  const Outcome strict = run_with(command + ", required: true}\n", directory);
  CHECK(strict.exit_code == 4);
  CHECK_THAT(strict.err, Contains("sh exited with 3") && Contains("exit code 4 instead of 0"));
}

TEST_CASE("exec: a command gets no secret, and what it leaves behind ends with the run") {
  const TemporaryDirectory directory;
  Surroundings around;
  around.environment["GITHUB_TOKEN"] = "a-secret";
  const Outcome outcome = run_with(
      "  - {plugin: exec, options: {argv: [sh, -c, 'sleep 300 & echo \"[$GITHUB_TOKEN]\"']}}\n",
      directory, around);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out == "[]\n");
  CHECK(outcome.left_behind.empty());
}

TEST_CASE("exec: a command has a deadline, also one that prints without end") {
  for (const json& argv : {json{"sleep", "300"}, json{"yes"},
                           json{"sh", "-c",
                                "exec >&- 2>&-; "
                                "sleep 300"}}) {
    INFO(argv);
    const Told told = exec(argv, 1);
    CHECK_THAT(told.error, Contains("was not done after 1 s and was killed"));
    CHECK(told.out.size() <= (std::size_t{1} << 20));
  }
}

TEST_CASE("exec: no shell reads the arguments") {
  const std::string odd = "$HOME `id`; * 'x' \"y\" | cat";
  CHECK(exec({"printf", "%s", odd}).out == odd + "\n");
}

TEST_CASE("exec: a command may read nothing, and may end by a signal") {
  CHECK(exec({"true"}).error.empty());
  CHECK_THAT(exec({"sh", "-c", "kill -SEGV $$"}).error,
             Contains("sh was ended by signal 11 (Segmentation fault)"));
}

TEST_CASE("exec: what a command prints can't command a terminal or a CI system") {
  const Told told = exec({"printf", "a\\n  ::error x\\n\\033[2J\\377\\302\\233z\\r\\nend"});
  CHECK(told.error.empty());
  CHECK(told.out == "a\n  \\x3a:error x\n\\x1b[2J\xEF\xBF\xBD\\x9bz\\x0d\nend\n");
  const Told failed = exec({"sh", "-c", "echo why >&2; exit 1"});
  CHECK(failed.err == "why\n");
  CHECK_THAT(failed.error, Contains("sh exited with 1"));
}

TEST_CASE("exec: what can't be run, and options that don't fit, are said with the fix") {
  CHECK_THAT(exec({"no-such-program"}).error,
             Contains("no-such-program can't be started: No such file") &&
                 Contains("name a program in PATH or give its path"));
  const auto fails = [](const json& options, const std::string& words) {
    const Told told = tell("exec", options, receipts().at("pass"));
    INFO(options);
    CHECK_THAT(told.error, Contains(words));
  };
  fails(json::object(), "option argv is missing; write options: {argv: [command]}");
  fails({{"argv", json::array()}}, "option argv is missing");
  fails({{"argv", "cat x"}}, "must be a list of texts");
  fails({{"argv", {"cat", 5}}}, "must be a list of texts");
  fails({{"argv", {""}}}, "must be a list of texts");
  fails({{"argv", {"cat", std::string("a\0b", 3)}}}, "holds a NUL character");
  fails({{"argv", {"cat"}}, {"deadline_s", 0}}, "a whole number from 1 to 3600");
  fails({{"argv", {"cat"}}, {"deadline_s", 1.5}}, "a whole number from 1 to 3600");
  fails({{"argv", {"cat"}}, {"dedline_s", 1}}, "unknown option 'dedline_s'");
}

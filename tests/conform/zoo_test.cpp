// What the kit makes of plugins that misbehave, each in its own way.
#include "conform/check.hpp"
#include "support/catch.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

struct Golden {
  const char* device;
  int exit_code;
  const char* objections;  ///< all results that are neither pass nor skip
};

constexpr const char* kDiesInRun =
    "crash describe.supports-yes\n"
    "crash numeric.matmul\n"
    "crash numeric.repeat\n"
    "crash numeric.fresh-inputs\n"
    "crash numeric.inputs\n"
    "crash numeric.canaries\n"
    "crash numeric.threads\n"
    "crash timing.counts\n"
    "crash timing.none\n"
    "crash timing.repeat\n"
    "crash timing.synchronize\n"
    "crash timing.device-clock\n"
    "crash timing.allocations\n";

const Golden kGoldens[] = {
    {"correct", 0, ""},
    {"clock", 0, ""},
    {"fast-clock", 1, "fail timing.device-clock\n"},
    {"slow-clock", 0, "warn timing.device-clock\n"},
    {"stopped-clock", 1, "fail timing.device-clock\n"},
    {"thin", 1, "fail describe.footprint\n"},
    {"fast-wrong", 1, "fail numeric.matmul\nfail numeric.fresh-inputs\n"},
    {"remembers", 1, "fail numeric.repeat\nfail numeric.fresh-inputs\n"},
    {"idle", 1, "fail numeric.matmul\nfail numeric.fresh-inputs\n"},
    {"miscount", 1, "fail timing.counts\n"},
    {"segfault", 1, kDiesInRun},
    {"unsupported", 1, "fail describe.capable\n"},
    {"unavailable", 5, ""},
};

}  // namespace

TEST_CASE("each fault is seen by the checks that are about it, and by no other") {
  for (const Golden& golden : kGoldens) {
    std::vector<std::string> selection = {"--exclude", "numeric.big"};
    // These ask the plugin and no device: once is enough.
    if (std::string(golden.device) != "correct") {
      for (const char* group : {"load.", "process."}) {
        selection.insert(selection.end(), {"--exclude", group});
      }
    }
    const Checked checked = check_zoo(golden.device, selection);
    INFO(golden.device << "\n" << checked.outcome.out << checked.outcome.err);
    CHECK(checked.objections() == golden.objections);
    CHECK(checked.outcome.exit_code == golden.exit_code);
    CHECK(checked.results["conforms"] == (golden.exit_code == 0));
    CHECK(checked.outcome.left_behind.empty());
  }
}

TEST_CASE("what can't be checked is a skip with the reason, not a pass") {
  const Checked checked = check_zoo("unavailable", {"--include", "numeric.*"});
  for (const auto& result : checked.results["results"]) {
    CHECK(result["status"] == "skip");
    CHECK_THAT(result["findings"][0]["text"].get<std::string>(),
               Contains("the zoo has no such animal") || Contains("not asked for"));
  }
}

TEST_CASE("a plugin of which nothing could be checked is no plugin that conforms") {
  const Checked checked =
      check_zoo("unavailable", {"--include", "load.note", "--include", "*.counts"});
  CHECK(checked.outcome.exit_code == 5);
  CHECK_THAT(checked.outcome.out,
             Contains("test.zoo: 1 pass, 1 skip: nothing could be checked: UNAVAILABLE in "
                      "session_open: the zoo has no such animal\n"));
  CHECK(checked.results["conforms"] == false);
  CHECK_THAT(checked.results["reason"].get<std::string>(), Contains("no such animal"));

  const Checked not_asked = check_zoo("correct", {"--include", "numeric.fuzz"});
  CHECK(not_asked.outcome.exit_code == 5);
  CHECK_THAT(not_asked.outcome.out,
             Contains("nothing could be checked: not asked for; add --fuzz"));
  const Checked none = check_zoo("correct", {"--include", "reporter."});
  CHECK(none.outcome.exit_code == 5);
  CHECK_THAT(none.outcome.out, Contains("no check: nothing could be checked: no check is about"));
}

TEST_CASE("a device of which nothing could be checked is named beside those that conform") {
  const Checked checked = check_plugin(ZOO_PLUGIN, {"--include", "describe.unknown-device",
                                                    "--include", "*.capable", "--timeout", "2s"});
  INFO(checked.outcome.out);
  CHECK(checked.outcome.exit_code == 1);  // of another one
  CHECK_THAT(checked.outcome.out,
             Contains("\nzoo/unavailable: nothing could be checked: UNAVAILABLE "
                      "in session_open: the zoo has no such animal\n"));
}

TEST_CASE(
    "a worker that dies, exits, hangs or never stops talking is a crash of the case that ran") {
  const auto message_of = [](const char* device) {
    const Checked checked =
        check_zoo(device, {"--include", "numeric.matmul", "--timeout", "500ms"});
    const auto& result = checked.of("numeric.matmul");
    CHECK(result["status"] == "crash");
    CHECK_THAT(token_in(result), StartsWith("numeric.matmul:"));
    return result["findings"][0]["text"].get<std::string>();
  };
  CHECK(message_of("segfault") == "SIGSEGV in run");
  CHECK(message_of("exit") == "exited with status 0 in run");
  CHECK_THAT(message_of("hang"), Contains("no end of step run within 0.5 s"));
  CHECK_THAT(message_of("chatter"), Contains("no end of step run within 0.5 s"));
}

TEST_CASE("an exception fails the check with its words and the case") {
  const Checked run = check_zoo("throw", {"--include", "numeric.matmul"});
  CHECK(run.objections() == "fail numeric.matmul\n");
  CHECK_THAT(run.of("numeric.matmul")["findings"][0]["text"].get<std::string>(),
             Contains("INTERNAL in run: the zoo throws"));
  const Checked prepare = check_zoo("throw-in-prepare", {"--include", "describe.supports-yes"});
  CHECK_THAT(prepare.of("describe.supports-yes")["findings"][0]["text"].get<std::string>(),
             Contains("supports says yes to") && Contains("INTERNAL in prepare: the zoo throws"));
}

TEST_CASE("repro runs the case of a token again: 1 while it is wrong, 0 where it is right") {
  const Checked checked = check_zoo("fast-wrong", {"--include", "numeric.matmul"});
  const std::string token = token_in(checked.of("numeric.matmul"));
  const Outcome wrong = run_bitgate({"repro", token});
  INFO(token << "\n" << wrong.out << wrong.err);
  CHECK(wrong.exit_code == 1);
  CHECK_THAT(wrong.out, StartsWith("numeric.matmul on zoo/fast-wrong: matmul i2_s "));
  CHECK_THAT(wrong.out, Contains("wrong: row ") && Contains(": expected ") && Contains(", got "));

  std::string healthy = token;
  healthy.replace(healthy.find("zoo/fast-wrong"), 14, "zoo/correct");
  const Outcome right = run_bitgate({"repro", healthy});
  CHECK(right.exit_code == 0);
  CHECK_THAT(right.out, Contains("right\n"));

  std::string deadly = token;
  deadly.replace(deadly.find("zoo/fast-wrong"), 14, "zoo/segfault");
  const Outcome dead = run_bitgate({"repro", deadly});
  CHECK(dead.exit_code == 1);
  CHECK_THAT(dead.out, Contains("wrong: SIGSEGV in run"));
}

TEST_CASE("a token that is none exits 2 with the way out") {
  for (const char* token : {"nonsense", "numeric.matmul:a:b", "%"}) {
    const Outcome outcome = run_bitgate({"repro", token});
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.err, Contains("copy the whole token"));
  }
  const Outcome none = run_bitgate({"repro"});
  CHECK(none.exit_code == 2);
  const std::string file = ZOO_PLUGIN;
  const Outcome check =
      run_bitgate({"repro", "load.note:" + file + ":d:matmul:i2_s:1:128:1:random:random:1:1:"});
  CHECK(check.exit_code == 2);
  CHECK_THAT(check.err, Contains("no numeric check 'load.note'"));
  const Outcome shape = run_bitgate(
      {"repro", "numeric.matmul:" + file + ":zoo/correct:matmul:i2_s:1:127:1:random:random:1:1:"});
  CHECK(shape.exit_code == 2);
  CHECK_THAT(shape.err, Contains("a case that does not exist"));
}

// Reporters under the kit.
#include "conform/check.hpp"
#include "support/catch.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;

TEST_CASE("a reporter is checked with options that its schema requires") {
  const Checked checked = check_plugin(first_party("json"), {"--include", "load.open"});
  INFO(checked.outcome.out << checked.outcome.err);
  CHECK(checked.outcome.exit_code == 0);
  CHECK_THAT(checked.results["options"]["path"].get<std::string>(), Contains("/path"));
}

TEST_CASE("options on the command line win, and wrong ones fail the checks with the reason") {
  const Checked checked =
      check_plugin(first_party("json"), {"--include", "load.open", "--options", R"({"path": 5})"});
  CHECK(checked.outcome.exit_code == 1);
  CHECK_THAT(checked.of("load.open")["findings"][0]["text"].get<std::string>(),
             Contains("path must be text"));
}

TEST_CASE("backends get no checks of reporters, reporters none of backends") {
  const Checked reporter = check_plugin(first_party("console"), {"--include", "*.unknown-*"});
  CHECK(reporter.results["results"].size() ==
        2);  // load.unknown-interface, describe.unknown-options
  const Checked backend = check_zoo("correct", {"--include", "reporter."});
  CHECK(backend.results["results"].empty());
}

TEST_CASE("every rule that a plugin breaks is seen by the check that is about it") {
  const std::pair<const char*, const char*> goldens[] = {
      {"nothing", ""},
      {"locale", "fail process.locale\n"},
      {"signals", "fail process.signals\n"},
      {"directory", "fail process.directory\n"},
      {"umask", "fail process.umask\n"},
      {"environment", "fail process.environment\n"},
      {"limits", "fail process.limits\n"},
      {"floating-point", "fail process.floating-point\n"},
      {"stdout", "fail process.stdout\n"},
      {"child", "fail process.children\n"},
      {"thread", "fail load.open-close\nfail process.threads\n"},
      {"descriptor", "fail load.open-close\n"},
      {"memory", "fail load.open-close\n"},
      {"host-table", "crash load.host-first\n"},
      {"ignore-options", "fail describe.unknown-options\n"},
      {"say-nothing", "fail describe.unknown-options\n"},
      {"echo", "fail reporter.names\n"},
      {"refuse-additions", "fail reporter.added-members\n"},
  };
  for (const auto& [does, objections] : goldens) {
    const Checked checked = check_plugin(RUDE_PLUGIN, {"--exclude", "reporter.large", "--options",
                                                       nlohmann::json{{"does", does}}.dump()});
    INFO(does << "\n" << checked.outcome.out << checked.outcome.err);
    CHECK(checked.objections() == objections);
  }
}

TEST_CASE("a reporter that writes into its documents is found out") {
  const Checked checked = check_plugin(RUDE_PLUGIN, {"--include", "reporter.documents", "--options",
                                                     R"({"does": "write-document"})"});
  CHECK(checked.objections() == "fail reporter.documents\n");
}

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

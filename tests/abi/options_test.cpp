// Options of plugins, checked against what each plugin says of its own.
#include <fstream>

#include "abi/plain.hpp"
#include "e2e/run.hpp"
#include "support/catch.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

struct Written {
  explicit Written(const std::string& reporters)
      : path(directory.write("pipeline.yaml", plain_pipeline(plain_file("healthy")) + reporters)) {}
  TemporaryDirectory directory;
  std::string path;
};

}  // namespace

TEST_CASE("an unknown option is an error with its place and a guess, in validate, plan and run") {
  const Written pipeline("reporters:\n  - plugin: json\n    options: {pth: receipt.json}\n");
  for (const char* command : {"validate", "plan", "run"}) {
    const Outcome outcome = run_bitgate({command, pipeline.path});
    INFO(command << outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.err,
               Contains(pipeline.path + ":16:15: reporters[0].options.pth: unknown option 'pth' "
                                        "(did you mean 'path'?)"));
    CHECK_THAT(outcome.err, Contains(pipeline.path + ":16:14: reporters[0].options: lacks the "
                                                     "option 'path'"));
  }
}

TEST_CASE("a backend's options are checked as well") {
  const TemporaryDirectory directory;
  const std::string path =
      directory.write("pipeline.yaml", plain_pipeline(plain_file("healthy"), "{speed: 11}"));
  const Outcome outcome = run_bitgate({"validate", path});
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.err, Contains(":4:") && Contains("backends.plain.options.speed: unknown "
                                                      "option 'speed': there are none here"));
}

TEST_CASE("an option of the wrong type is an error at its value") {
  const Written pipeline("reporters: [{plugin: json, options: {path: 7}}]\n");
  const Outcome outcome = run_bitgate({"validate", pipeline.path});
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.err,
             Contains(pipeline.path + ":14:44: reporters[0].options.path: must be text, not 7"));
}

TEST_CASE("options that lack where there is no map are reported at the reporter") {
  const Written pipeline("reporters: [{plugin: json}]\n");
  CHECK_THAT(run_bitgate({"validate", pipeline.path}).err,
             Contains(":14:13: reporters[0].options: lacks the option 'path' (file to write, or - "
                      "for stdout)"));
}

TEST_CASE("options on the command line are checked as well") {
  const Written pipeline("");
  const Outcome outcome = run_bitgate({"run", pipeline.path, "--reporter", "json:pth=x"});
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.err, Contains("command line: json: unknown option 'pth' (did you mean"));
}

TEST_CASE("what can't be checked is said, and is no error of the file") {
  const Written pipeline("reporters: [{plugin: com.acme.absent, options: {a: 1}}]\n");
  const Outcome outcome = run_bitgate({"validate", pipeline.path});
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.err, Contains("note: options of reporters[0] not checked: no reporter plugin "
                                   "'com.acme.absent'"));
}

TEST_CASE("schema holds the options of every plugin found, each under its plugin") {
  const Outcome outcome = run_bitgate({"schema", "--plugin", plain_file("healthy")});
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const json schema = json::parse(outcome.out);
  const json& backends = schema["properties"]["backends"]["additionalProperties"]["allOf"];
  CHECK(backends[0]["if"]["properties"]["plugin"]["const"] == "test.plain");
  CHECK(backends[0]["then"]["properties"]["options"]["additionalProperties"] == false);
  bool found = false;
  for (const json& condition : schema["properties"]["reporters"]["items"]["allOf"]) {
    if (condition["if"]["properties"]["plugin"]["const"] != "json") continue;
    found = true;
    CHECK(condition["then"]["required"] == json::array({"options"}));
    CHECK(condition["then"]["properties"]["options"]["properties"].contains("path"));
  }
  CHECK(found);
  json plain = json::parse(run_bitgate({"schema", "--no-plugins"}).out);
  CHECK_FALSE(plain["properties"]["reporters"]["items"].contains("allOf"));
}

TEST_CASE("schema goes on without a plugin that can't describe itself") {
  const Outcome outcome = run_bitgate({"schema", "--plugin", plain_file("size_0")});
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.err, Contains("note: no options of backend plugin 'test.plain'"));
  CHECK(json::parse(outcome.out).contains("properties"));
}

#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/catch.hpp"
#include "support/program.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

TEST_CASE("--version names the version and the commit") {
  const Outcome outcome = run_bitgate({"--version"});
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.out, StartsWith("bitgate 0.1.0 ("));
}

TEST_CASE("every command has help that shows how it is called") {
  for (const char* command :
       {"run", "report", "plan", "list", "validate", "doctor", "schema", "plugin", "model", "repro",
        "verify", "merge", "compare", "baseline", "selftest"}) {
    INFO(command);
    const Outcome outcome = run_bitgate({command, "--help"});
    CHECK(outcome.exit_code == 0);
    CHECK_THAT(outcome.out, StartsWith("usage: bitgate " + std::string(command)));
    CHECK(outcome.err.empty());
  }
  for (const char* subcommand : {"list", "new"}) {
    const Outcome outcome = run_bitgate({"plugin", subcommand, "--help"});
    CHECK(outcome.exit_code == 0);
    CHECK_THAT(outcome.out, StartsWith("usage: bitgate plugin " + std::string(subcommand)));
  }
  CHECK_THAT(run_bitgate({"--help"}).out, Contains("validate") && Contains("Exit codes"));
}

TEST_CASE("mistakes on the command line exit 2 and say what to write") {
  const auto fails = [](const std::vector<std::string>& arguments, const std::string& words) {
    const Outcome outcome = run_bitgate(arguments);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.err, Contains(words));
    CHECK(outcome.out.empty());
  };
  fails({}, "usage: bitgate COMMAND");
  fails({"rum"}, "no command 'rum' (did you mean 'run'?)");
  fails({"run", "--fitler", "x"}, "--fitler");
  fails({"run", "a.yaml", "b.yaml"}, "too many positional");
  fails({"run", "-a", "batch"}, "-a axis=value");
  fails({"run", "-a", "colour=red"}, "colour");
  fails({"run", "-a", "batch=many"}, "many");
  fails({"run", "--isolate", "maybe"}, "process or none");
  fails({"run", "--timeout", "soon"}, "30s");
  fails({"run", "--seed", "x"}, "seed");
  fails({"run", "--reporter", "json:path"}, "NAME:key=value");
  fails({"run", "/nowhere/pipeline.yaml"}, "/nowhere/pipeline.yaml");
  fails({"validate"}, "at least one file");
  fails({"plugin"}, "see bitgate plugin --help");
  fails({"plugin", "lisst"}, "no subcommand 'lisst' (did you mean 'list'?)");
}

TEST_CASE("list prints one id a line, in run order, for the quickstart by default") {
  const Outcome outcome = run_bitgate({"list", "--filter", "batch=1/"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out ==
        "kernels/shape=2560x2560/format=i2_s/batch=1/threads=all/cache=cold@simd\n"
        "kernels/shape=2560x2560/format=i2_s/batch=1/threads=all/cache=cold@scalar\n"
        "kernels/shape=6912x2560/format=i2_s/batch=1/threads=all/cache=cold@simd\n"
        "kernels/shape=6912x2560/format=i2_s/batch=1/threads=all/cache=cold@scalar\n"
        "kernels/shape=2560x6912/format=i2_s/batch=1/threads=all/cache=cold@simd\n"
        "kernels/shape=2560x6912/format=i2_s/batch=1/threads=all/cache=cold@scalar\n");
}

TEST_CASE("axes can be replaced on the command line") {
  const Outcome outcome = run_bitgate(
      {"list", "-a", "batch=7", "-a", "shape=128x256", "--threads", "1", "-f", "*@simd"});
  // A suite without these axes keeps its cases.
  CHECK(outcome.out ==
        "kernels/shape=128x256/format=i2_s/batch=7/threads=1/cache=cold@simd\n"
        "addition/format=f32/threads=1@simd\n"
        "addition/format=i2_s/threads=1@simd\n"
        "addition/format=tl1/threads=1@simd\n"
        "addition/format=tl2/threads=1@simd\n");
}

TEST_CASE("a filter that matches nothing is exit 5 with the reason, for list, plan and a dry run") {
  for (const std::vector<std::string>& command : {std::vector<std::string>{"list"}, {"plan"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--filter", "zebra"});
    const Outcome outcome = run_bitgate(arguments);
    CHECK(outcome.exit_code == 5);
    CHECK_THAT(outcome.err, Contains("filter 'zebra' matches none of 16 cases"));
  }
}

TEST_CASE("a dry run prints the cases, measures nothing and says so") {
  const Outcome outcome = run_bitgate({"run", "--dry-run", "--filter", "2560x2560"});
  CHECK(outcome.exit_code == 5);
  CHECK_THAT(outcome.out, Contains("4 cases") && Contains("nothing was run"));
}

TEST_CASE("plan shows cases, plugin files and what each gate looks at") {
  const Outcome outcome = run_bitgate({"plan"});
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.out, Contains("cpu_simd.so") && Contains("16 cases") && Contains("gates"));
}

TEST_CASE("plugin list shows the first-party plugins and where was searched") {
  const Outcome outcome = run_bitgate({"plugin", "list"});
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.out, Contains("cpu_simd") && Contains("console") && Contains("json") &&
                              Contains("searched:"));
}

TEST_CASE("plugin list says why a file is no plugin") {
  const TemporaryDirectory directory;
  static_cast<void>(directory.write("text.so", "this is no library"));
  Surroundings around;
  around.environment["BITGATE_PLUGIN_PATH"] = directory.path();
  const Outcome outcome = run_bitgate({"plugin", "list"}, around);
  CHECK_THAT(outcome.out, Contains("rejected: " + (directory / "text.so")));
}

TEST_CASE("doctor names the machine, opens every plugin and lists its devices") {
  const Outcome outcome = run_bitgate({"doctor"});
  INFO(outcome.out);
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.out, Contains("cpu/scalar") && Contains("cpu.model") && !Contains("fail  "));
}

TEST_CASE("schema prints the schema that the configs name") {
  std::ifstream file(BITGATE_SOURCE_DIR "/configs/pipeline.schema.json");
  std::ostringstream content;
  content << file.rdbuf();
  CHECK(run_bitgate({"schema", "--no-plugins"}).out == content.str());
}

TEST_CASE("every shipped pipeline is valid") {
  for (const auto& entry : std::filesystem::directory_iterator(BITGATE_SOURCE_DIR "/configs")) {
    const bool is_pipeline =
        entry.path().extension() == ".yaml" && entry.path().filename() != "targets.yaml";
    if (!is_pipeline) continue;
    const Outcome outcome = run_bitgate({"validate", entry.path().string()});
    INFO(outcome.err);
    CHECK(outcome.exit_code == 0);
  }
}

// What is known of a plugin without running it, and what of the host's surroundings reaches it.
#include <bitgate/abi.h>

#include <filesystem>
#include <string>

#include "abi/plain.hpp"
#include "e2e/run.hpp"
#include "support/catch.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using nlohmann::json;
namespace fs = std::filesystem;

TEST_CASE("plugin list shows identity, build and digest, and runs no code of the plugin's") {
  const std::string mark = PLAIN_DIRECTORY "/constructor-ran";
  fs::remove(mark);
  const Outcome outcome =
      run_bitgate({"plugin", "list", "--json", "--plugin", plain_file("constructor")});
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const json listed = json::parse(outcome.out);
  const json& first = listed["plugins"][0];
  CHECK(first["id"] == "test.plain");
  CHECK(first["kind"] == "backend");
  CHECK(first["version"] == "1.0.0");
  CHECK(first["abi"] == "1." + std::to_string(BG_ABI_MINOR));
  CHECK_THAT(first["build"].get<std::string>(), Contains(", C, "));
  CHECK(first["path"] == fs::canonical(plain_file("constructor")).string());
  CHECK(first["sha256"].get<std::string>().size() == 64);
  CHECK(listed["searched"].size() == 2);
  CHECK_FALSE(fs::exists(mark));

  const Run run = run_pipeline(plain_pipeline(plain_file("constructor")));
  CHECK(run.outcome.exit_code == 4);
  CHECK_THAT(run.on("plain")["reason"].get<std::string>(), Contains("SIGABRT in load"));
  CHECK(fs::exists(mark));  // the constructor does what this test believes it does
  fs::remove(mark);
}

TEST_CASE("times of a plugin that was built without optimization are not judged") {
  const std::string gates =
      "  - {id: quick, metric: compute.time, require: \"<= 1min\"}\n"
      "  - {id: also-exact, metric: quantize.mismatches, require: \"== 0\", required: false}\n";
  const auto run = [&](const char* judged, const std::string& variant) {
    Surroundings around;
    around.environment["BITGATE_JUDGE_DEBUG"] = judged;
    return run_pipeline(plain_pipeline(plain_file(variant)) + gates, {}, around);
  };
  const Run refused = run("0", "unoptimized");
  INFO(refused.outcome.out << refused.outcome.err);
  if (refused.receipt["tool"]["build"].get<std::string>().find("Debug") != std::string::npos) {
    return;  // then no time is judged whoever made it, and that is another test's matter
  }
  CHECK(refused.outcome.exit_code == 5);
  CHECK(refused.gate("exact")["status"] == "pass");
  CHECK_THAT(refused.gate("quick")["reason"].get<std::string>(),
             Contains("plugin test.plain was built without optimization") && Contains("-O2"));
  CHECK_THAT(refused.receipt["plugins"][0]["build"].get<std::string>(), Contains("unoptimized"));
  const Run told = run("1", "unoptimized");
  CHECK(told.gate("quick")["status"] == "pass");
  CHECK(told.receipt["environment"]["facts"].contains("build.judged"));
  CHECK(run("0", "healthy").gate("quick")["status"] == "pass");
}

TEST_CASE("plugin list says why candidates were rejected, and every path that was tried") {
  const TemporaryDirectory directory;
  static_cast<void>(directory.write("text.so", "this is no library"));
  fs::copy_file(plain_file("too_new"), directory / "too_new.so");
  Surroundings around;
  around.environment["BITGATE_PLUGIN_PATH"] = directory.path() + ":relative::/nowhere/at/all";
  const json listed = json::parse(run_bitgate({"plugin", "list", "--json"}, around).out);
  CHECK(listed["rejected"].size() == 3);
  CHECK_THAT(listed["rejected"].dump(), Contains("text.so") && Contains("upgrade bitgate") &&
                                            Contains("write an absolute one"));
  CHECK(listed["searched"][0] == json({{"path", directory.path()}, {"exists", true}}));
  CHECK(listed["searched"][2] == json({{"path", "/nowhere/at/all"}, {"exists", false}}));
  CHECK(listed["searched"].size() == 4);
  const Outcome table = run_bitgate({"plugin", "list"}, around);
  CHECK_THAT(table.out, Contains("searched: /nowhere/at/all (does not exist)") &&
                            Contains("rejected: " + directory / "text.so"));
}

TEST_CASE("no secret of the host's environment reaches a plugin") {
  Surroundings around;
  for (const char* secret :
       {"GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "GH_TOKEN",
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "MY_TOKEN", "MY_SECRET", "NVIDIA_API_KEY",
        "CUDA_SECRET", "OCL_PASSWORD", "HF_TOKEN", "BITGATE_PLUGIN_PATH", "SSH_AUTH_SOCK",
        "GITHUB_ENV"}) {
    around.environment[secret] = "leaked-value";
  }
  around.environment["LD_PRELOAD"] = "";
  around.environment["CUDA_VISIBLE_DEVICES"] = "needed";
  around.environment["OMP_NUM_THREADS"] = "2";
  const Run run = run_pipeline(plain_pipeline(plain_file("environment")), {"-v"}, around);
  INFO(run.outcome.err);
  CHECK(run.outcome.exit_code == 0);
  CHECK_THAT(run.outcome.err, Contains("plugin: CUDA_VISIBLE_DEVICES=needed") &&
                                  Contains("plugin: OMP_NUM_THREADS=2") &&
                                  Contains("plugin: PATH="));
  CHECK(run.outcome.err.find("leaked-value") == std::string::npos);
  CHECK(run.outcome.err.find("LD_PRELOAD") == std::string::npos);
}

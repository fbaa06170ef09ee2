// Where plugins may come from, and which they may be.
#include <unistd.h>

#include <filesystem>

#include "abi/plain.hpp"
#include "e2e/run.hpp"
#include "support/catch.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::string reason(const Run& run) {
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.exit_code == 4);
  return run.on("plain")["reason"].get<std::string>();
}

void allow(const std::string& path, fs::perms more) {
  fs::permissions(path, more, fs::perm_options::add);
}

/// A directory of its own with the healthy plugin as plain.so.
struct Installed {
  Installed() { fs::copy_file(plain_file("healthy"), file); }
  TemporaryDirectory directory;
  std::string file = directory / "plain.so";
};

}  // namespace

TEST_CASE("a decoy in the working directory is never loaded") {
  const TemporaryDirectory directory;
  for (const char* name : {"plain.so", "test.plain.so", "cpu_simd.so", "libtest.plain.so"}) {
    fs::copy_file(plain_file("constructor"), directory / name);
  }
  fs::remove(PLAIN_DIRECTORY "/constructor-ran");
  Surroundings around;
  around.directory = directory.path();
  around.environment["BITGATE_PLUGIN_PATH"] = ".:";
  around.environment["LD_LIBRARY_PATH"] = directory.path();
  const Run run = run_pipeline(plain_pipeline("test.plain"), {}, around);
  CHECK_THAT(reason(run), Contains("no backend plugin 'test.plain'"));
  CHECK_FALSE(fs::exists(PLAIN_DIRECTORY "/constructor-ran"));

  const Outcome bare = run_bitgate({"plugin", "list", "--plugin", "plain.so"}, around);
  CHECK(bare.exit_code == 4);
  CHECK_THAT(bare.err, Contains("write ./plain.so"));
}

TEST_CASE("--plugin goes before everything else, for this run only") {
  const Installed installed;
  Surroundings around;
  around.environment["BITGATE_PLUGIN_PATH"] = installed.directory.path();
  const Run run =
      run_pipeline(plain_pipeline("test.plain"), {"--plugin", plain_file("healthy")}, around);
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.exit_code == 0);
  CHECK(run.receipt["plugins"][0]["path"] == fs::canonical(plain_file("healthy")).string());

  const Outcome missing = run_bitgate({"plugin", "list", "--plugin", "/nowhere/x.so"});
  CHECK(missing.exit_code == 4);
  CHECK_THAT(missing.err, Contains("/nowhere/x.so"));
}

TEST_CASE("a file that others can write is refused with the fix") {
  const Installed installed;
  SECTION("by everyone") {
    allow(installed.file, fs::perms::others_write);
    CHECK_THAT(reason(run_pipeline(plain_pipeline(installed.file))),
               Contains("can be written by everyone: chmod o-w " + installed.file) &&
                   Contains("--trust-dir " + installed.directory.path()));
  }
  SECTION("by a group that is not this user's own") {
    if (::getuid() != 0) return;  // only root can give files away
    allow(installed.file, fs::perms::group_write);
    REQUIRE(::chown(installed.file.c_str(), 0, 12345) == 0);
    CHECK_THAT(reason(run_pipeline(plain_pipeline(installed.file))),
               Contains("can be written by group 12345: chmod g-w " + installed.file));
  }
  SECTION("because they own it") {
    if (::getuid() != 0) return;
    REQUIRE(::chown(installed.file.c_str(), 12345, 0) == 0);
    CHECK_THAT(reason(run_pipeline(plain_pipeline(installed.file))),
               Contains("belongs to user 12345") && Contains("chown 0 " + installed.file));
  }
}

TEST_CASE("a directory that others can write is refused, unless it is sticky or trusted") {
  const Installed installed;
  const std::string& directory = installed.directory.path();
  allow(directory, fs::perms::others_write);
  CHECK_THAT(reason(run_pipeline(plain_pipeline(installed.file))),
             Contains(directory + " can be written by everyone: chmod o-w " + directory));

  Surroundings around;
  around.environment["BITGATE_PLUGIN_PATH"] = directory;
  const json listed = json::parse(run_bitgate({"plugin", "list", "--json"}, around).out);
  CHECK_THAT(listed["rejected"][0]["why"].get<std::string>(), Contains("chmod o-w"));

  const Run trusted = run_pipeline(plain_pipeline(installed.file), {"--trust-dir", directory});
  INFO(trusted.outcome.err);
  CHECK(trusted.outcome.exit_code == 0);
  CHECK(trusted.receipt["plugins"][0]["trusted_by"] == fs::canonical(directory).string());

  allow(directory, fs::perms::sticky_bit);
  CHECK(run_pipeline(plain_pipeline(installed.file)).outcome.exit_code == 0);
}

TEST_CASE("commands that are given a plugin's file take --trust-dir too") {
  const Installed installed;
  const std::string& directory = installed.directory.path();
  allow(directory, fs::perms::others_write);
  const std::vector<std::string> check = {"plugin", "check", installed.file, "--include",
                                          "load.note"};
  const std::vector<std::string> repro = {
      "repro",
      "numeric.matmul:" + installed.file + ":plain/cpu:matmul:f32:1:32:1:random:random:1:1:"};
  for (std::vector<std::string> arguments : {check, repro}) {
    const Outcome refused = run_bitgate(arguments);
    CHECK(refused.exit_code == 4);
    CHECK_THAT(refused.err, Contains("--trust-dir " + directory));
    arguments.insert(arguments.end(), {"--trust-dir", directory});
    const Outcome trusted = run_bitgate(arguments);
    INFO(trusted.err);
    CHECK(trusted.exit_code == 0);
  }
}

TEST_CASE("report takes reporters from where --plugin and --trust-dir say") {
  const TemporaryDirectory directory;
  fs::copy_file(CONSOLE_PLUGIN, directory / "console.so");
  allow(directory.path(), fs::perms::others_write);
  const std::string receipt = directory / "receipt.json";
  run_bitgate(
      {"run", directory.write("p.yaml", plain_pipeline(plain_file("healthy"))), "--json", receipt});
  const Outcome refused = run_bitgate({"report", receipt, "--plugin", directory / "console.so"});
  CHECK(refused.exit_code == 4);
  CHECK_THAT(refused.err, Contains("can be written by everyone"));
  const Outcome reported = run_bitgate(
      {"report", receipt, "--plugin", directory / "console.so", "--trust-dir", directory.path()});
  INFO(reported.err);
  CHECK(reported.exit_code == 0);
  CHECK_THAT(reported.out, Contains("PASS"));
}

TEST_CASE("a link in a directory that others can write is refused, wherever it points") {
  const TemporaryDirectory directory;
  fs::create_symlink(plain_file("healthy"), directory / "link.so");
  CHECK(run_pipeline(plain_pipeline(directory / "link.so")).outcome.exit_code == 0);
  allow(directory.path(), fs::perms::others_write);
  CHECK_THAT(reason(run_pipeline(plain_pipeline(directory / "link.so"))),
             Contains("can be written by everyone"));
}

TEST_CASE("--trust-dir names a directory that exists") {
  const Outcome outcome = run_bitgate({"plugin", "list", "--trust-dir", "/nowhere/at/all"});
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.err, Contains("--trust-dir /nowhere/at/all"));
}

TEST_CASE("bitgate.lock pins plugins, and --locked refuses all others") {
  const Installed installed;
  const TemporaryDirectory project;
  const std::string pipeline = project.write(
      "pipeline.yaml", plain_pipeline(installed.file) + "reporters: [{plugin: console}]\n");
  const std::string lock = project / "bitgate.lock";

  const Outcome unlocked = run_bitgate({"run", pipeline, "--locked"});
  CHECK(unlocked.exit_code == 2);
  CHECK_THAT(unlocked.err, Contains(lock) && Contains("bitgate plugin lock"));

  const Outcome written = run_bitgate({"plugin", "lock", pipeline});
  INFO(written.err);
  REQUIRE(written.exit_code == 0);
  CHECK_THAT(written.out, Contains("backend test.plain 1.0.0 ") && Contains("reporter console") &&
                              Contains(lock + ": 3 plugins pinned"));
  CHECK(run_bitgate({"run", pipeline, "--locked"}).exit_code == 0);

  fs::copy_file(plain_file("environment"), installed.file, fs::copy_options::overwrite_existing);
  CHECK(run_bitgate({"run", pipeline}).exit_code == 0);
  const Outcome drifted = run_bitgate({"run", pipeline, "--locked"});
  CHECK(drifted.exit_code == 4);
  CHECK_THAT(drifted.err, Contains("backend plugin 'test.plain' is not the pinned file") &&
                              Contains(installed.file) && Contains("bitgate plugin lock"));
  CHECK(drifted.out.empty());  // nothing was measured, nothing reported
  CHECK(run_bitgate({"plan", pipeline, "--locked"}).exit_code == 4);

  static_cast<void>(project.write("other.lock", R"({"schema": "bitgate.lock/1", "plugins": []})"));
  const Outcome unpinned = run_bitgate({"run", pipeline, "--lock", project / "other.lock"});
  CHECK(unpinned.exit_code == 4);
  CHECK_THAT(unpinned.err, Contains("is not pinned in " + project / "other.lock"));

  REQUIRE(run_bitgate({"plugin", "lock", pipeline}).exit_code == 0);
  CHECK(run_bitgate({"run", pipeline, "--locked"}).exit_code == 0);
}

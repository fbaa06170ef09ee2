// Streams that are closed, full or gone, and limits that leave no room: an error that says so.
#include "e2e/run.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;

namespace {

/// Runs a line of shell, in which "$0" is bitgate and "$1" a healthy pipeline.
Outcome shell(const std::string& line) {
  const TemporaryDirectory directory;
  const std::string pipeline =
      directory.write("p.yaml", zoo_pipeline(ZOO_PLUGIN, {"correct"}, kExactGate) +
                                    "reporters: [{plugin: console}]\n");
  return run_program({"bash", "-c", "set -o pipefail; " + line, bitgate_path(), pipeline});
}

}  // namespace

TEST_CASE("a closed stdout is no place for other files, and the verdict stands") {
  const Outcome outcome = shell("\"$0\" run \"$1\" >&-");
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.err, Contains("reporter console: stdout can't be written to: "));
  CHECK(outcome.left_behind.empty());
}

TEST_CASE("whoever asks for output by name and does not get it is told by the exit code") {
  CHECK(shell("\"$0\" run \"$1\" --reporter console >&-").exit_code == 4);
  CHECK(shell("\"$0\" run \"$1\" --json - >/dev/full").exit_code == 4);
}

TEST_CASE("closed stdin and stderr change nothing") {
  const Outcome outcome = shell("\"$0\" run \"$1\" <&- 2>&-");
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.out, Contains("PASS"));
}

TEST_CASE("a reader that leaves early does not end the run") {
  const Outcome outcome = shell("\"$0\" run \"$1\" | head -c 1");
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.left_behind.empty());
}

TEST_CASE("output that is lost when the program ends is an error") {
  for (const char* command : {"--version", "schema", "list \"$1\"", "run --help"}) {
    const Outcome outcome = shell("\"$0\" " + std::string(command) + " > /dev/full");
    INFO(command);
    CHECK(outcome.exit_code == 4);
    CHECK_THAT(outcome.err, Contains("No space left on device"));
  }
}

TEST_CASE("too few descriptors are an error and no hang") {
  // Whatever else ctest left open is closed, so that the limit means the same everywhere.
  for (int limit = 4; limit <= 24; limit += 2) {
    const Outcome outcome = shell("exec 3>&- 4>&- 5>&- 6>&-; ulimit -n " + std::to_string(limit) +
                                  "; \"$0\" run \"$1\" 2>&1");
    INFO(limit << ": " << outcome.out);
    CHECK(outcome.signal == 0);
    CHECK((outcome.exit_code == 0 || outcome.exit_code == 4));
    if (outcome.exit_code != 0) CHECK_FALSE(outcome.out.empty());
    CHECK(outcome.left_behind.empty());
  }
}

TEST_CASE("a receipt that does not fit on its disk is an error that names the file") {
  if (shell("unshare -rm true").exit_code != 0) {
    WARN("skipped: no small disk can be mounted here");
    return;
  }
  const Outcome outcome = shell(
      "disk=$(dirname \"$1\")/disk; mkdir $disk; export disk;"
      "unshare -rm sh -c 'mount -t tmpfs -o size=4k none $disk && "
      "exec \"$0\" run \"$1\" --json $disk/r.json' \"$0\" \"$1\"");
  INFO(outcome.err);
  CHECK(outcome.exit_code == 4);
  CHECK_THAT(outcome.err, Contains("/disk/r.json: No space left on device"));
  CHECK(outcome.left_behind.empty());
}

// `bitgate report` and the reporter "json" as a user meets them.
#include <pty.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "receipt/json.hpp"
#include "receipt/receipts.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"
#include "support/program.hpp"

using namespace bitgate;
using namespace bitgate::test;
using Catch::Matchers::Contains;

namespace {

std::string stored(const std::string& name) { return to_json(receipts().at(name)).dump(2) + "\n"; }

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> files(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

/// What a person sees who calls bitgate on a terminal of so many columns.
std::string on_terminal(std::vector<std::string> arguments, unsigned short columns,
                        const std::map<std::string, std::string>& environment) {
  const winsize size{24, columns, 0, 0};
  int terminal = -1;
  const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, &size);
  REQUIRE(pid >= 0);
  if (pid == 0) {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG", "NO_COLOR"}) ::unsetenv(name);
    ::setenv("TERM", "xterm", 1);
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    arguments.insert(arguments.begin(), BITGATE);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    std::_Exit(127);
  }
  std::string text;
  std::array<char, 4096> data;
  ssize_t count = 0;
  while ((count = ::read(terminal, data.data(), data.size())) > 0) {
    text.append(data.data(), static_cast<std::size_t>(count));
  }
  ::close(terminal);
  int status = 0;
  ::waitpid(pid, &status, 0);
  CHECK(WIFEXITED(status));
  return text;
}

/// Whether this user may mount a small disk that no other process sees.
bool can_mount() {
  return run_program({"unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=64k none /mnt"})
             .exit_code == 0;
}

}  // namespace

TEST_CASE("a stored receipt is reported as its run was, and the exit code is that of reporting") {
  const TemporaryDirectory directory;
  for (const auto& [name, receipt] : receipts()) {
    INFO(name);
    const Outcome outcome = run_bitgate({"report", directory.write(name + ".json", stored(name))});
    CHECK(outcome.exit_code == 0);
    CHECK(outcome.err.empty());
    CHECK(outcome.out == content(std::string(GOLDEN_DIRECTORY) + "/" + name + ".txt"));
  }
}

TEST_CASE("a receipt that is written again is the same to the byte") {
  const TemporaryDirectory directory;
  for (const auto& [name, receipt] : receipts()) {
    INFO(name);
    const std::string from = directory.write(name + ".json", stored(name));
    CHECK(run_bitgate({"report", from, "--reporter", "json:path=-"}).out == stored(name));
    const std::string to = directory / "again.json";
    CHECK(run_bitgate({"report", from, "--json", to}).exit_code == 0);
    CHECK(content(to) == stored(name));
  }
}

TEST_CASE("the receipt of a run is written again as it was") {
  const TemporaryDirectory directory;
  const std::string pipeline =
      directory.write("p.yaml", zoo_pipeline(ZOO_PLUGIN, {"correct"}, kExactGate));
  const std::string receipt = directory / "r.json";
  const Outcome run = run_bitgate({"run", pipeline, "--json", receipt});
  CHECK(run.exit_code == 0);
  CHECK(run_bitgate({"report", receipt, "--reporter", "json:path=-"}).out == content(receipt));
  CHECK(run_bitgate({"report", receipt}).out == run.out);
}

TEST_CASE("what is no receipt is exit 2 with the file and what is wrong") {
  const TemporaryDirectory directory;
  const auto fails = [&](const std::vector<std::string>& arguments, const std::string& words) {
    std::vector<std::string> all = arguments;
    all.insert(all.begin(), "report");
    const Outcome outcome = run_bitgate(all);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.err, Contains(words));
    CHECK(outcome.out.empty());
  };
  fails({}, "name the receipt");
  fails({directory / "none.json"}, "none.json can't be read: No such file");
  fails({directory.path()}, "Is a directory");
  fails({directory.write("a", "hello")}, "is no JSON");
  fails({directory.write("b", "{}")}, "is no receipt");
  fails({directory.write("c", R"({"schema": "bitgate.plan/1"})")}, "is of schema 'bitgate.plan/1'");
  fails({directory.write("d", R"({"schema": "bitgate.receipt/1"})")}, "no whole receipt");
  fails({directory.write("e", stored("pass")), "--reporter", "json:path"}, "NAME:key=value");
}

TEST_CASE("what is no receipt as its schema says is refused before a reporter sees it") {
  const TemporaryDirectory directory;
  nlohmann::ordered_json receipt = to_json(receipts().at("pass"));
  receipt["verdict"] = "fine";
  const Outcome outcome = run_bitgate({"report", directory.write("r.json", receipt.dump())});
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.err, Contains("is no whole receipt: verdict has no \"status\""));
  receipt["verdict"] = to_json(receipts().at("pass").verdict);
  receipt["gates"][0]["planted"] = 1;
  CHECK_THAT(run_bitgate({"report", directory.write("s.json", receipt.dump())}).err,
             Contains("gates[0].planted: no receipt of this bitgate has it"));
}

TEST_CASE("json: options that it does not have are said") {
  const TemporaryDirectory directory;
  const std::string from = directory.write("r.json", stored("pass"));
  const auto fails = [&](const std::string& reporter, int code, const std::string& words) {
    const Outcome outcome = run_bitgate({"report", from, "--reporter", reporter});
    INFO(outcome.err);
    CHECK(outcome.exit_code == code);
    CHECK_THAT(outcome.err, Contains(words));
  };
  fails("json", 2, "lacks the option 'path'");
  fails("json:pth=x.json", 2, "unknown option 'pth' (did you mean 'path'?)");
  fails("json:path=", 2, "must not be empty");
  fails("jsn:path=x.json", 4, "no reporter plugin 'jsn' (did you mean 'json'?)");
}

TEST_CASE("json: a place that can't be written to is said with the remedy, and nothing is left") {
  const TemporaryDirectory directory;
  const std::string from = directory.write("r.json", stored("pass"));
  const auto fails = [&](const std::string& path, const std::string& words) {
    const Outcome outcome = run_bitgate({"report", from, "--json", path});
    INFO(outcome.err);
    CHECK(outcome.exit_code == 4);
    CHECK_THAT(outcome.err, Contains(path) && Contains(words) && Contains("exit code 4"));
    CHECK_FALSE(outcome.out.empty());  // the console's part is done all the same
  };
  fails(directory / "no/such/r.json",
        "there is no directory " + (directory / "no/such") + "; create it first");
  fails("/dev/null/r.json", "there is no directory /dev/null");
  std::filesystem::create_directory(directory / "folder");
  fails(directory / "folder", "Is a directory; name a file in it");
  CHECK(files(directory.path()).size() == 2);
  if (::geteuid() != 0) {
    ::chmod((directory / "folder").c_str(), 0555);
    fails(directory / "folder/r.json", "Permission denied; choose a place that you can write to");
  }
}

TEST_CASE("json: a full disk leaves the old receipt as it was, and a pass exits 4") {
  if (!can_mount()) {
    WARN("skipped: this user can't mount a small disk; tests/unit/base fills a file instead");
    return;
  }
  const TemporaryDirectory directory;
  const std::string pipeline =
      directory.write("p.yaml", zoo_pipeline(ZOO_PLUGIN, {"correct"}, kExactGate));
  const std::string disk = directory / "disk";
  std::filesystem::create_directory(disk);
  const std::string script =
      "mount -t tmpfs -o size=64k none \"$1\" && echo old > \"$1/r.json\" && "
      "{ head -c 100000 /dev/zero > \"$1/filler\" 2> /dev/null; "
      "\"$2\" run \"$3\" --json \"$1/r.json\" > /dev/null; code=$?; "
      "cat \"$1/r.json\"; ls -A \"$1\"; exit $code; }";
  const Outcome outcome =
      run_program({"unshare", "-m", "sh", "-c", script, "sh", disk, BITGATE, pipeline});
  INFO(outcome.err);
  CHECK(outcome.exit_code == 4);
  CHECK_THAT(outcome.err, Contains("No space left on device; make room") &&
                              Contains("exit code 4 instead of 0"));
  CHECK(outcome.out == "old\nfiller\nr.json\n");
}

TEST_CASE("colour, width and characters are those of the terminal and of its user") {
  const TemporaryDirectory directory;
  const std::string receipt = directory.write("r.json", stored("pass"));
  const auto seen = [&](unsigned short columns,
                        const std::map<std::string, std::string>& environment) {
    return on_terminal({"report", receipt}, columns, environment);
  };
  const std::string green = "\x1b[32m";
  CHECK_THAT(seen(120, {}), Contains(green) && Contains("█"));
  CHECK_THAT(seen(0, {}), Contains("kernel") && Contains(green));  // 0: the terminal doesn't know
  CHECK_THAT(seen(120, {{"NO_COLOR", "1"}}), !Contains("\x1b") && Contains("█"));
  CHECK_THAT(seen(120, {{"TERM", "dumb"}}), !Contains("\x1b"));
  CHECK_THAT(seen(120, {{"LC_ALL", "C"}}), !Contains("█") && Contains("###"));
  CHECK_THAT(seen(120, {{"LANG", "de_DE.UTF-8"}}), Contains("█"));
  std::istringstream narrow(seen(60, {{"NO_COLOR", "1"}, {"LC_ALL", "C"}}));
  for (std::string line; std::getline(narrow, line);) {
    INFO(line);
    const bool is_prose = line.find("can read") != std::string::npos ||
                          line.find("bitgate 0") != std::string::npos ||
                          line.find("cases") != std::string::npos;
    CHECK((is_prose || line.size() <= 61));  // and the \r of the terminal
  }
}

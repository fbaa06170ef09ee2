// Every file of good/ is accepted, and every one of bad/ is refused with exactly the text of its
// .expected file. BITGATE_UPDATE_GOLDENS=1 writes those files anew instead.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/catch.hpp"
#include "support/program.hpp"

using namespace bitgate::test;
using Catch::Matchers::StartsWith;
namespace fs = std::filesystem;

namespace {

const fs::path kCorpus = BITGATE_CORPUS;

std::vector<std::string> files(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kCorpus / folder)) {
    if (entry.path().extension() == ".yaml") {
      names.push_back(folder + "/" + entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// From within the corpus, so that messages name files the same way on every machine.
Outcome bitgate_here(const std::vector<std::string>& arguments) {
  Surroundings around;
  around.directory = kCorpus.string();
  return run_bitgate(arguments, around);
}

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void check_golden(const fs::path& golden, const std::string& text) {
  INFO(golden);
  if (std::getenv("BITGATE_UPDATE_GOLDENS") != nullptr) {
    std::ofstream(golden, std::ios::binary) << text;
  }
  CHECK(fs::exists(golden));
  CHECK(text == content(golden));
}

}  // namespace

TEST_CASE("bad pipelines are refused with the place, the path and the fix") {
  const std::vector<std::string> names = files("bad");
  CHECK(names.size() >= 30);
  for (const std::string& name : names) {
    INFO(name);
    const Outcome outcome = bitgate_here({"validate", name});
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, StartsWith(name + ":"));
    check_golden((kCorpus / name).replace_extension(".expected"), outcome.err);
  }
}

TEST_CASE("every expected text belongs to a bad pipeline") {
  for (const auto& entry : fs::directory_iterator(kCorpus / "bad")) {
    INFO(entry.path());
    CHECK(fs::exists(fs::path(entry.path()).replace_extension(".yaml")));
    CHECK(fs::exists(fs::path(entry.path()).replace_extension(".expected")));
  }
}

TEST_CASE("good pipelines are accepted") {
  for (const std::string& name : files("good")) {
    const Outcome outcome = bitgate_here({"validate", name});
    INFO(outcome.err);
    CHECK(outcome.exit_code == 0);
    CHECK_THAT(outcome.out, StartsWith(name + ": ok: "));
    CHECK(outcome.err.empty());
  }
}

TEST_CASE("all files are checked even if the first is bad") {
  const Outcome outcome =
      bitgate_here({"validate", "bad/empty.yaml", "good/minimal.yaml", "bad/version_2.yaml"});
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.out == "good/minimal.yaml: ok: 1 cases, 1 gates\n");
  CHECK(outcome.err ==
        content(kCorpus / "bad/empty.expected") + content(kCorpus / "bad/version_2.expected"));
}

TEST_CASE("what list refuses is what validate refuses") {
  const Outcome outcome = bitgate_here({"list", "bad/several.yaml"});
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.out.empty());
  CHECK(outcome.err.find(content(kCorpus / "bad/several.expected")) != std::string::npos);
}

TEST_CASE("list names the cases of a pipeline that uses the whole language") {
  const Outcome outcome = bitgate_here({"list", "good/everything.yaml"});
  CHECK(outcome.exit_code == 0);
  check_golden(kCorpus / "good/everything.list", outcome.out);
}

TEST_CASE("a plan of ten thousand cases is listed whole, each id once") {
  const Outcome outcome = bitgate_here({"list", "good/ten_thousand_cases.yaml"});
  CHECK(outcome.exit_code == 0);
  std::istringstream lines(outcome.out);
  std::vector<std::string> ids;
  for (std::string line; std::getline(lines, line);) ids.push_back(line);
  CHECK(ids.size() == 10'000);
  std::sort(ids.begin(), ids.end());
  CHECK(std::unique(ids.begin(), ids.end()) == ids.end());
}

TEST_CASE("plan counts the cases that each gate looks at") {
  const Outcome outcome = bitgate_here({"plan", "good/ten_thousand_cases.yaml"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.find("exact            output.mismatches == 0  (10000 cases)") !=
        std::string::npos);
}

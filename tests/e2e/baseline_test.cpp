// Baselines are kept, shown and compared with, and decide nothing.
#include <filesystem>
#include <fstream>

#include "e2e/run.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

const std::string kCommit(40, 'a');
const std::string kSpeed = "  - {id: speed, metric: compute.time, require: \"<= 1min\"}\n";

/// A git repository with one commit, in which pipelines of zoo devices run.
class Repository {
 public:
  Repository() {
    git({"init", "-q"});
    git({"-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "a"});
  }

  Outcome git(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"git", "-C", directory_.path()});
    return run_program(arguments);
  }

  Outcome bitgate(const std::vector<std::string>& arguments) const {
    Surroundings around;
    around.directory = directory_.path();
    return run_bitgate(arguments, around);
  }

  /// Runs a pipeline of this gate id; its receipt is receipt.json.
  Outcome run(const std::string& gate, const std::vector<std::string>& devices = {"correct"},
              const std::string& gates = kExactGate + kSpeed) const {
    std::string text = zoo_pipeline(ZOO_PLUGIN, devices, gates);
    static_cast<void>(directory_.write("pipeline.yaml", "gate: \"" + gate + "\"\n" + text));
    return bitgate({"run", "pipeline.yaml", "--json", "receipt.json", "--baselines", "kept"});
  }

  /// The files that are kept.
  std::vector<fs::path> kept() const {
    std::vector<fs::path> files;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(directory_ / "kept", none)) {
      files.push_back(entry.path());
    }
    return files;
  }

  json receipt() const { return json::parse(std::ifstream(directory_ / "receipt.json")); }
  void write(const std::string& name, const std::string& text) const {
    static_cast<void>(directory_.write(name, text));
  }

 private:
  TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("a generative run without a baseline establishes one, and says so") {
  const Repository repository;
  const Outcome first = repository.run("generative:gate:benchmarks");
  INFO(first.out << first.err);
  CHECK(first.exit_code == 0);
  CHECK_THAT(first.out, Contains("baseline established: kept/"));
  REQUIRE(repository.kept().size() == 1);
  const json stored = json::parse(std::ifstream(repository.kept().front()));
  CHECK(stored["schema"] == "bitgate.baseline/1");
  CHECK(stored["commit"].get<std::string>().size() == 40);
  CHECK(stored["receipt"] == repository.receipt());

  const Outcome second = repository.run("generative:gate:benchmarks");
  CHECK(second.exit_code == 0);
  CHECK_THAT(second.out, !Contains("established") && Contains("advice only: kept/") &&
                             Contains("decides nothing") && Contains("compute.time"));
  CHECK(json::parse(std::ifstream(repository.kept().front())) == stored);
}

TEST_CASE("no other flow writes a baseline, whatever it came to") {
  const Repository repository;
  for (const char* gate : {"review:gate:benchmarks", "integrative:gate:throughput"}) {
    const Outcome outcome = repository.run(gate);
    CHECK(outcome.exit_code == 0);
    CHECK_THAT(outcome.out,
               Contains("no baseline, and none is written in the flow of " + std::string(gate)));
    CHECK(repository.kept().empty());
  }
}

TEST_CASE("what did not pass is no baseline") {
  const Repository repository;
  const Outcome slow = repository.run(
      "generative:gate:benchmarks", {"correct"},
      kExactGate + "  - {id: same, metric: quantize.cosine, require: \">= 200%\"}\n");
  CHECK(slow.exit_code == 1);
  CHECK_THAT(slow.out, Contains("no baseline established: the verdict is fail"));
  const Outcome empty = repository.run("generative:gate:benchmarks", {"unsupported"});
  CHECK(empty.exit_code == 5);
  CHECK_THAT(empty.out, Contains("no baseline established: the verdict is skipped"));
  CHECK(repository.kept().empty());
}

TEST_CASE("a baseline is of a commit") {
  const Repository repository;
  repository.write("file", "a");
  repository.git({"add", "file"});
  const Outcome changed = repository.run("generative:gate:benchmarks");
  CHECK(changed.exit_code == 0);  // which is not the gate's matter
  CHECK_THAT(changed.err, Contains("a baseline is of a commit"));
  const Outcome word =
      repository.bitgate({"baseline", "save", "receipt.json", "--dir", "kept", "--commit", "main"});
  CHECK(word.exit_code == 1);
  CHECK_THAT(word.err, Contains("the commit 'main' is not 40 hex digits"));
  CHECK(repository.kept().empty());
  const Outcome named = repository.bitgate(
      {"baseline", "save", "receipt.json", "--dir", "kept", "--commit", kCommit});
  CHECK(named.exit_code == 0);
  CHECK_THAT(named.out, StartsWith("baseline established: kept/"));
  CHECK_THAT(repository.bitgate({"baseline", "show", "--dir", "kept"}).out,
             Contains("  aaaaaaaaaaaa  kept/"));
}

TEST_CASE("a receipt that does not follow from its samples is no baseline") {
  const Repository repository;
  repository.run("review:gate:benchmarks");
  json receipt = repository.receipt();
  receipt["cases"][0]["stages"]["compute"]["samples_ns"][0] = 1;
  repository.write("receipt.json", receipt.dump());
  const Outcome outcome = repository.bitgate(
      {"baseline", "save", "receipt.json", "--dir", "kept", "--commit", kCommit});
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.err, Contains("the receipt is not verified: "));
  CHECK(repository.kept().empty());
}

TEST_CASE("without a baseline a diff is skipped, and the policy is the exit code") {
  const Repository repository;
  repository.run("review:gate:benchmarks");
  const auto diff = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"baseline", "diff", "receipt.json", "--dir", "kept"});
    return repository.bitgate(more);
  };
  CHECK(diff({}).exit_code == 5);
  CHECK_THAT(diff({}).out, StartsWith("skipped (missing-baseline: kept has none of pipeline zoo"));
  CHECK(diff({"--on-missing", "skip"}).exit_code == 0);
  CHECK(diff({"--on-missing", "fail"}).exit_code == 1);
  CHECK(diff({"--on-missing", "pass"}).exit_code == 2);
}

TEST_CASE("a stored receipt that was changed is none") {
  const Repository repository;
  repository.run("generative:gate:benchmarks");
  REQUIRE(repository.kept().size() == 1);
  json stored = json::parse(std::ifstream(repository.kept().front()));
  stored["receipt"]["environment"]["facts"]["load"] = "0";
  repository.write("kept/other.json", stored.dump());
  const Outcome outcome = repository.bitgate({"baseline", "show", "--dir", "kept"});
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.err, Contains("kept/other.json is no baseline") && Contains("digest"));
}

TEST_CASE("what the baseline has and the receipt lacks is missing") {
  const Repository repository;
  repository.run("generative:gate:benchmarks", {"correct", "clock"});
  REQUIRE(repository.kept().size() == 1);
  const Outcome fewer = repository.run("generative:gate:benchmarks", {"correct"});
  INFO(fewer.out << fewer.err);
  const Outcome outcome = repository.bitgate({"baseline", "diff", "receipt.json", "--dir", "kept"});
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 5);
  CHECK_THAT(outcome.out, Contains("@clock  compute.time") && Contains("missing\n") &&
                              Contains("2 numbers of the baseline are missing here"));
}

TEST_CASE("a placeholder is no baseline") {
  const Repository repository;
  repository.run("generative:gate:benchmarks");
  REQUIRE(repository.kept().size() == 1);
  const fs::path path = repository.kept().front();
  std::ofstream(path) << R"({"schema": "bitgate.baseline/1", "commit": "baseline", "receipt": {}})";
  const Outcome outcome = repository.bitgate({"baseline", "diff", "receipt.json", "--dir", "kept"});
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.err, Contains("is no baseline"));
  std::ofstream(path) << "64000";
  CHECK(repository.bitgate({"baseline", "show", "--dir", "kept"}).exit_code == 1);
}

// A documented target is data, and a target that is missing is never met.
#include <filesystem>
#include <fstream>

#include "e2e/run.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

/// A file with one target over compute.time; `value` may be any time.
std::string target_of(const std::string& value) {
  return "version: 1\n"
         "targets:\n"
         "  quick: {metric: compute.time, direction: lower, value: " +
         value + ", source: \"a paper, table 1\"}\n";
}

std::string gate_on(const std::string& target, const std::string& more = "") {
  return kExactGate + "  - {id: speed, metric: compute.time, require: {target: " + target + "}" +
         more + "}\n";
}

/// A directory with a pipeline whose gate `speed` asks for a target.
class Place {
 public:
  explicit Place(const std::string& gates, const std::string& key = "targets: targets.yaml\n")
      : pipeline_(directory_.write("pipeline.yaml",
                                   key + zoo_pipeline(ZOO_PLUGIN, {"correct"}, gates))) {}

  void write(const std::string& file, const std::string& text) const {
    static_cast<void>(directory_.write(file, text));
  }

  Run run(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"run", pipeline_, "--json", receipt()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Surroundings around;
    around.directory = path();
    Run run{run_bitgate(arguments, around), {}};
    if (std::ifstream in(receipt()); in) run.receipt = json::parse(in);
    INFO(run.outcome.out << run.outcome.err);
    CHECK((run.receipt.is_null() || verify().exit_code == 0));
    return run;
  }

  Outcome verify() const { return run_bitgate({"verify", receipt()}); }
  std::string receipt() const { return directory_ / "receipt.json"; }
  std::string path() const { return std::filesystem::path(pipeline_).parent_path(); }

 private:
  TemporaryDirectory directory_;
  std::string pipeline_;
};

/// Of a run whose file of targets is this.
std::string refusal(const std::string& targets) {
  const Place place(gate_on("quick"));
  place.write("targets.yaml", targets);
  const Run run = place.run();
  CHECK(run.outcome.exit_code == 2);
  CHECK(run.receipt.is_null());
  return run.outcome.err;
}

}  // namespace

TEST_CASE("a target that is met passes, and the receipt holds the file") {
  const Place place(gate_on("quick"));
  place.write("targets.yaml", target_of("1min"));
  const Run run = place.run();
  CHECK(run.outcome.exit_code == 0);
  CHECK(run.gate("speed")["status"] == "pass");
  CHECK(run.gate("speed")["require"] == "<= 1min (target quick)");
  const json& file = run.receipt["pipeline"]["targets_file"];
  CHECK(file["path"] == place.path() + "/targets.yaml");
  CHECK(file["text"] == target_of("1min"));
}

TEST_CASE("a target that is missed fails") {
  const Place place(
      "  - {id: same, metric: quantize.cosine, require: {target: more-than-the-same}}\n");
  place.write("targets.yaml",
              "version: 1\ntargets: {more-than-the-same: {metric: quantize.cosine, direction: "
              "higher, value: 200%, source: nowhere}}\n");
  const Run run = place.run();
  CHECK(run.outcome.exit_code == 1);
  CHECK_THAT(run.gate("same")["reason"].get<std::string>(),
             Contains("needs >= 200% (target more-than-the-same)"));
}

TEST_CASE("a target that the file lacks is missing, and never a pass") {
  const Place place(gate_on("quik"));
  place.write("targets.yaml", target_of("1min"));
  const Run run = place.run();
  CHECK(run.outcome.exit_code == 5);
  CHECK(run.receipt["verdict"]["status"] == "skipped");
  CHECK(run.gate("exact")["status"] == "pass");
  CHECK(run.gate("speed")["status"] == "skipped");
  CHECK_THAT(run.gate("speed")["reason"].get<std::string>(),
             Contains("missing-target: targets.yaml has no target 'quik' (did you mean 'quick'?)"));
}

TEST_CASE("a file of targets that is not there, or not named, has no target") {
  const Run gone = Place(gate_on("quick")).run();
  CHECK(gone.outcome.exit_code == 5);
  CHECK_THAT(gone.gate("speed")["reason"].get<std::string>(),
             Contains("missing-target: targets.yaml is not there"));
  CHECK(gone.receipt["pipeline"]["targets_file"]["text"].is_null());

  const Run unnamed = Place(gate_on("quick"), "").run();
  CHECK(unnamed.outcome.exit_code == 5);
  CHECK_THAT(unnamed.gate("speed")["reason"].get<std::string>(),
             Contains("missing-target: the pipeline names no file of `targets`"));
  CHECK_FALSE(unnamed.receipt["pipeline"].contains("targets_file"));
}

TEST_CASE("on_missing decides what a missing target does to the verdict, never to the gate") {
  const Run skip = Place(gate_on("quick", ", on_missing: skip")).run();
  CHECK(skip.outcome.exit_code == 0);
  CHECK(skip.gate("speed")["status"] == "skipped");
  const Run fail = Place(gate_on("quick", ", on_missing: fail")).run();
  CHECK(fail.outcome.exit_code == 1);
  CHECK(fail.gate("speed")["status"] == "fail");
  const Run aside = Place(gate_on("quick", ", required: false")).run();
  CHECK(aside.outcome.exit_code == 0);
  CHECK(aside.gate("speed")["status"] == "skipped");
}

TEST_CASE("a wrong output fails the gate even if its target is missing") {
  const Place place("");
  place.write("wrong.yaml", zoo_pipeline(ZOO_PLUGIN, {"fast-wrong"}, gate_on("quick")));
  const Outcome outcome =
      run_bitgate({"run", place.path() + "/wrong.yaml", "--json", place.receipt()});
  CHECK(outcome.exit_code == 1);
}

TEST_CASE("a target in a receipt can't be changed afterwards") {
  const Place place(gate_on("quick"));
  place.write("targets.yaml", target_of("2min"));
  CHECK(place.run().outcome.exit_code == 0);
  place.write("targets.yaml", target_of("1min"));
  const Outcome moved = place.verify();
  CHECK(moved.exit_code == 1);
  CHECK_THAT(moved.out, Contains("targets " + place.path() + "/targets.yaml: the receipt is of"));
}

TEST_CASE("a repository's own file may name other targets") {
  const Place place(gate_on("quick"));
  place.write("targets.yaml", target_of("1ns"));
  place.write("ours.yaml", target_of("1min"));
  place.write(".bitgate.yaml", "targets: ours.yaml\n");
  const Run run = place.run();
  CHECK(run.outcome.exit_code == 0);
  CHECK(run.gate("speed")["require"] == "<= 1min (target quick)");
}

TEST_CASE("a wrong file of targets is refused with the place and the fix") {
  CHECK_THAT(refusal("targets: {}\n"), Contains("targets.yaml:1:1") && Contains("version"));
  CHECK_THAT(refusal("version: 1\ntargets: {quick: {metric: compute.tim, direction: lower, value: "
                     "1s, source: here}}\n"),
             Contains("targets.yaml:2:27: targets.quick.metric: no metric 'compute.tim' (did you "
                      "mean 'compute.time'?)"));
  CHECK_THAT(
      refusal("version: 1\ntargets: {quick: {metric: compute.time, direction: higher, value: "
              "1s, source: here}}\n"),
      Contains("of compute.time the lower is better; write lower"));
  CHECK_THAT(
      refusal("version: 1\ntargets: {quick: {metric: compute.time, value: 1s, source: x}}\n"),
      Contains("direction"));
  CHECK_THAT(refusal("version: 1\ntargets: {quick: {metric: compute.time, direction: lower, value: "
                     "1s}}\n"),
             Contains("source"));
  CHECK_THAT(refusal("version: 1\ntargets: {quick: {metric: compute.time, direction: lower, value: "
                     "7tokens/s, source: here}}\n"),
             Contains("'<= 7tokens/s' does not fit compute.time; write times, e.g. 250us"));
}

TEST_CASE("a target of another metric, or of a comparison, is no target of the gate") {
  CHECK_THAT(
      refusal("version: 1\ntargets: {quick: {metric: load.time, direction: lower, value: 1s, "
              "source: here}}\n"),
      Contains("gate 'speed': is over compute.time, this target over load.time; name "
               "another target or metric"));
  CHECK_THAT(refusal("version: 1\ntargets: {quick: {metric: compute.time, direction: lower, value: "
                     "0.5x, source: here}}\n"),
             Contains("gate 'speed': '<= 0.5x' compares two cases; add `against`"));
}

TEST_CASE("no cut through a file of targets is taken for the file") {
  const std::string whole = target_of("1min");
  for (std::size_t size = 0; size < whole.size() - 1; size += 7) {
    INFO(whole.substr(0, size));
    const Place place(gate_on("quick"));
    place.write("targets.yaml", whole.substr(0, size));
    CHECK(place.run({"--dry-run"}).outcome.exit_code == 2);
  }
}

TEST_CASE(
    "the targets that come with bitgate are read, and its pipelines name none that is missing") {
  namespace fs = std::filesystem;
  const fs::path configs =
      fs::path(bitgate_path()).parent_path().parent_path() / "share/bitgate/configs";
  for (const char* file : {"inference.yaml", "gpu.yaml"}) {
    const Outcome outcome = run_bitgate({"validate", configs / file});
    INFO(file << outcome.err);
    CHECK(outcome.exit_code == 0);
    CHECK_THAT(outcome.err, !Contains("missing-target"));
  }
}

// `bitgate baseline trend` over receipts that were made by hand, as reporters show it. After a
// deliberate change, run this test with BITGATE_UPDATE_GOLDEN=1 and read the difference.
#include <fmt/format.h>

#include "measure/bootstrap.hpp"
#include "receipt/json.hpp"
#include "receipt/receipts.hpp"
#include "reporters/reporter_talk.hpp"
#include "run/trend.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"
#include "support/program.hpp"

using namespace bitgate;
using namespace bitgate::test;
using Catch::Matchers::Contains;

namespace {

constexpr int kStep = 14;  // the first receipt of the new level

/// The receipt of one night: throughput that varies by some percent, and 15 % less of it in one
/// case from the step on.
Receipt night(int number, const std::string& processor) {
  Receipt receipt = receipts().at("pass");
  receipt.started = fmt::format("2025-01-{:02}T03:04:05Z", number + 1);
  receipt.environment.facts = {{"cpu.model", processor}, {"cpu.cores", "2"}};
  if (number != 3) {
    receipt.environment.facts.emplace_back("git.commit", std::string(40, "abcdef"[number % 6]));
  }
  Random random(static_cast<std::uint64_t>(number) + 100 * processor.size());
  for (std::size_t i = 0; i < receipt.cases.size(); ++i) {
    double& value = *receipt.cases[i].metrics.at("compute.throughput").value;
    value = 100 * (static_cast<double>(i) + 1) *
            (1 + (static_cast<double>(random.below(4001)) / 1000 - 2) / 100);
    if (i == 0 && number >= kStep) value *= 0.85;
  }
  return receipt;
}

/// Nights of two machines, and what else may lie in such a folder.
class Folder {
 public:
  Folder() {
    for (int i = 0; i < 24; ++i) write(i, "Example CPU 3 GHz", "one");
    // The other machine is half as fast, and was never compared with the first.
    for (int i = 0; i < 8; ++i) write(i + 10, "Another CPU", "two");
    write_text("broken.json", "{\"schema\": \"bitgate.receipt/1\", ");
    write_text("deep.json", std::string(100'000, '['));
    write_text("empty.json", "");
    write_text("foreign.json", "{\"benchmarks\": []}");
    write_text("half.json", "{\"schema\": \"bitgate.receipt/1\"}");
    write_text("notes.txt", "not looked at");
    nlohmann::ordered_json changed = to_json(night(3, "Example CPU 3 GHz"));
    changed["started"] = "2024-01-01T00:00:00Z";
    write_text("changed.json", changed.dump());
    write_text("twice.json", to_json(night(5, "Example CPU 3 GHz")).dump());
    std::filesystem::create_directory(directory_ / "nights/directory.json");
    std::filesystem::create_symlink("nowhere", directory_ / "nights/gone.json");
  }

  /// `baseline trend nights` with these arguments, in the folder above.
  Outcome trend(const std::vector<std::string>& more = {}) const {
    Surroundings around;
    around.directory = directory_.path();
    std::vector<std::string> arguments = {BITGATE, "baseline", "trend", "nights"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments, around);
  }
  [[nodiscard]] std::string path() const { return directory_ / "nights"; }

 private:
  void write(int number, const std::string& processor, const std::string& machine) const {
    write_text(fmt::format("{}/{:02}.json", machine, number),
               to_json(night(number, processor)).dump(1));
  }
  void write_text(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(
        std::filesystem::path(directory_ / ("nights/" + name)).parent_path());
    static_cast<void>(directory_.write("nights/" + name, text));
  }

  TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE(
    "trend: the step is found at its receipt, and nothing else, and every file is accounted for") {
  const Folder folder;
  const Trend trend = read_trend(folder.path());
  CHECK(trend.receipts == 32);
  CHECK(trend.machines.size() == 2);
  std::size_t changed = 0;
  for (const TrendSeries& series : trend.series) {
    CAPTURE(series.id, series.metric, series.points.size());
    const bool one = series.points.size() == 24;
    CHECK((one || series.points.size() == 8));
    for (const Change& change : series.changes) {
      ++changed;
      CHECK(change.at == kStep);
      CHECK(series.points[change.at].file == "one/14.json");
      CHECK(series.metric == "compute.throughput");
    }
  }
  CHECK(changed == 1);
  std::map<std::string, std::string> skipped;
  for (const Trend::Skipped& one : trend.skipped) skipped[one.file] = one.why;
  CHECK(skipped.size() == 9);
  CHECK_THAT(skipped["broken.json"], Contains("is no JSON"));
  CHECK_THAT(skipped["deep.json"], Contains("nested too deeply"));
  CHECK_THAT(skipped["empty.json"], Contains("is no JSON"));
  CHECK_THAT(skipped["foreign.json"], Contains("does not say \"schema\""));
  CHECK_THAT(skipped["half.json"], Contains("its digest is of another content"));
  CHECK_THAT(skipped["changed.json"], Contains("its digest is of another content"));
  CHECK_THAT(skipped["twice.json"], Contains("is the same receipt as one/05.json"));
  CHECK_THAT(skipped["directory.json"], Contains("can't be read"));
  CHECK_THAT(skipped["gone.json"], Contains("can't be read"));
}

TEST_CASE("trend: as reporters show it") {
  const Folder folder;
  const Outcome console = folder.trend();
  CHECK(console.exit_code == 0);
  CHECK(console.err.empty());
  check_document("trend/console.txt", console.out);
  const Outcome markdown = folder.trend({"--reporter", "markdown"});
  CHECK(markdown.exit_code == 0);
  check_document("trend/markdown.md", markdown.out);
  const Outcome json = folder.trend({"--reporter", "json:path=-"});
  CHECK(json.exit_code == 0);
  nlohmann::ordered_json document = nlohmann::ordered_json::parse(json.out);
  document.erase("tool");
  check_document("trend/document.json", document.dump(1) + "\n");
  CHECK(folder.trend({"--reporter", "json:path=-"}).out == json.out);
}

TEST_CASE("trend: what can't be shown is said") {
  const Folder folder;
  const Outcome other = folder.trend({"--reporter", "junit:path=x.xml"});
  CHECK(other.exit_code == 2);
  CHECK_THAT(other.err, Contains("junit: reports receipts and no trends"));
  const TemporaryDirectory empty;
  const Outcome none = run_program({BITGATE, "baseline", "trend", empty.path()});
  CHECK(none.exit_code == 5);
  CHECK_THAT(none.out, Contains("0 receipts") && Contains("no receipt here has a measured metric"));
  const Outcome missing = run_program({BITGATE, "baseline", "trend", empty / "nowhere"});
  CHECK(missing.exit_code == 2);
  CHECK_THAT(missing.err, Contains("nowhere can't be read: No such file"));
  CHECK(run_program({BITGATE, "baseline", "trend"}).exit_code == 2);
}

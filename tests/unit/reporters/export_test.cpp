// The reporter "export": documents of other tools, against golden files and read again. After a
// deliberate change, run this test with BITGATE_UPDATE_GOLDEN=1 and read the difference.
#include <cmath>
#include <map>

#include "common/interop/interop.hpp"
#include "receipt/receipts.hpp"
#include "reporters/reporter_talk.hpp"
#include "support/catch.hpp"

using namespace bitgate;
using namespace bitgate::test;
using Catch::Matchers::Contains;

namespace {

/// Two cases that were measured, one that was not, and an outside benchmark of so many items.
Receipt example() {
  Receipt receipt = receipts().at("fail");
  receipt.environment.facts.emplace_back("build.type", "RelWithDebInfo");
  receipt.cases.resize(3);
  receipt.cases[0].stages["compute"].samples_ns = {52000, 52400, 53100, 52400};
  receipt.cases[1].status = CaseStatus::kError;
  receipt.cases[1].reason = {reason::kError, "worker of cpu_simd: SIGSEGV in run"};
  CaseResult& outside = receipt.cases[2];
  outside.id = "outside/benchmark=parse@command";
  outside.stages["compute"].samples_ns = {1500250, 1499750, 1500000};
  outside.stages["compute"].repeat = 1000;
  outside.metrics = {
      {"compute.time", {1500.0, "ns", Direction::kLower, "median", ""}},
      {"compute.items", {2e6, "items/s", Direction::kHigher, "median", ""}},
      {"compute.tokens", {{}, "tokens/s", Direction::kHigher, "median", "it counts no tokens"}}};
  outside.benchmark = BenchmarkInfo{
      "parse", "json", {"./bench"}, "/home/me", 1, "stdout", std::string(64, 'b'), 3, "items"};
  return receipt;
}

/// A model that was asked one prompt of 12 tokens.
Receipt generating() {
  Receipt receipt = receipts().at("pass");
  receipt.cases.resize(1);
  CaseResult& result = receipt.cases[0];
  result.id = "answers/format=i2_s/threads=all@simd";
  result.stages["prefill"].samples_ns = {24000000, 25000000, 24400000};
  result.stages["decode"].samples_ns = {4000000, 4100000, 3900000, 4050000};
  GenerationInfo info;
  info.model = "/models/addition.gguf";
  info.stored_as = "f32";
  info.parameters = 100000;
  info.stored_bytes = 400000;
  info.timed_prompts = 2;
  info.timed_prompt_tokens = 24;
  result.generation = info;
  return receipt;
}

std::string exported(const std::string& format, const Receipt& receipt,
                     nlohmann::json options = nlohmann::json::object()) {
  options["format"] = format;
  options["path"] = "-";
  const Told told = tell("export", options, receipt);
  CHECK(told.error.empty());
  return told.out;
}

/// By its own reader, which also has to recognize it.
std::vector<interop::Measured> read_again(const std::string& format, const std::string& text) {
  const interop::Json document = interop::parsed(text);
  const interop::Format* found = interop::recognized(document);
  REQUIRE(found != nullptr);
  CHECK(found->name == format);
  return found->read(document);
}

bool near(double a, double b) { return std::abs(a / b - 1) < 1e-12; }

}  // namespace

TEST_CASE("export: every format, as its tool documents it") {
  for (const char* format : {"google-benchmark", "hyperfine", "bencher"}) {
    check_document("export/" + std::string(format) + ".json", exported(format, example()));
  }
  for (const char* better : {"lower", "higher"}) {
    check_document("export/github-action-benchmark-" + std::string(better) + ".json",
                   exported("github-action-benchmark", example(), {{"better", better}}));
  }
  check_document("export/llama-bench.jsonl", exported("llama-bench", generating()));
}

TEST_CASE("export: what was written is read as the same times") {
  const Receipt receipt = example();
  for (const char* format : {"google-benchmark", "hyperfine"}) {
    std::vector<interop::Measured> back = read_again(format, exported(format, receipt));
    for (const std::size_t i : {std::size_t{0}, std::size_t{2}}) {
      const StageResult& compute = receipt.cases[i].stages.at("compute");
      const interop::Measured* one = interop::find_measured(back, receipt.cases[i].id);
      REQUIRE(one != nullptr);
      REQUIRE(one->times_ns.size() == compute.samples_ns.size());
      for (std::size_t k = 0; k < one->times_ns.size(); ++k) {
        const double time =
            static_cast<double>(compute.samples_ns[k]) / static_cast<double>(compute.repeat);
        CHECK(near(one->times_ns[k], time));
      }
    }
  }
  std::vector<interop::Measured> google =
      read_again("google-benchmark", exported("google-benchmark", receipt));
  CHECK(google.back().unit == "items");
  CHECK(near(google.back().amount, 3));
  CHECK_THAT(google[1].failure, Contains("SIGSEGV"));

  for (const char* format : {"bencher", "github-action-benchmark"}) {
    std::vector<interop::Measured> back = read_again(format, exported(format, receipt));
    const interop::Measured* one = interop::find_measured(back, receipt.cases[2].id);
    REQUIRE(one != nullptr);
    REQUIRE(one->times_ns.size() == 1);
    CHECK(near(one->times_ns[0], 1500));
  }

  const auto llama = read_again("llama-bench", exported("llama-bench", generating()));
  REQUIRE(llama.size() == 2);
  CHECK(llama[0].name == "pp12");
  CHECK(llama[0].times_ns == std::vector<double>{24000000, 25000000, 24400000});
  CHECK(llama[1].name == "tg1");
  CHECK(llama[1].amount == 1);
}

TEST_CASE("export: units are converted exactly, and none is guessed") {
  const auto time = [](const std::string& unit, double value) {
    interop::Measured one;
    interop::add_value(one, *interop::find_unit(unit), value);
    return one.times_ns.at(0);
  };
  CHECK(time("ns", 21604.25) == 21604.25);
  CHECK(time("us", 21.5) == 21500);
  CHECK(time("ms", 0.125) == 125000);
  CHECK(time("s", 1.5) == 1.5e9);
  CHECK(time("tokens/s", 40) == 2.5e7);
  for (const char* unit : {"sec", "MS", "m", "ns/iter", "", "ms ", "%"}) {
    CAPTURE(unit);
    CHECK(interop::find_unit(unit) == nullptr);
  }
}

TEST_CASE("export: where nothing was measured there are no numbers") {
  for (const auto& [format, nothing] :
       std::map<std::string, std::string>{{"hyperfine", "{\n  \"results\": []\n}\n"},
                                          {"llama-bench", ""},
                                          {"bencher", "{}\n"},
                                          {"github-action-benchmark", "[]\n"}}) {
    for (const char* outcome : {"empty", "error", "skipped"}) {
      Receipt receipt = receipts().at(outcome);
      for (CaseResult& result : receipt.cases) result.status = CaseStatus::kError;
      CHECK(exported(format, receipt) == nothing);
    }
  }
}

TEST_CASE("export: wrong options are said") {
  const auto error = [](const nlohmann::json& options) {
    return tell("export", options, receipts().at("pass")).error;
  };
  CHECK_THAT(error({{"format", "csv"}, {"path", "-"}}), Contains("it is one of google-benchmark"));
  CHECK_THAT(error({{"format", "bencher"}}), Contains("option path is missing"));
  CHECK_THAT(error({{"format", "bencher"}, {"path", "-"}, {"better", "lower"}}),
             Contains("belongs to github-action-benchmark"));
  CHECK_THAT(error({{"format", "bencher"}, {"path", "-"}, {"colour", "red"}}),
             Contains("unknown option 'colour'"));
}

// Whole runs of models: tokens that are the same everywhere, logits that are right, and what is
// said where there are none.
#include <bitgate/formats.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "e2e/run.hpp"
#include "support/catch.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

std::string pipeline(const std::string& load, const std::string& format, const std::string& compute,
                     const std::string& output = "{check: oracle}",
                     const std::string& more_gates = "") {
  return fmt::format(R"(version: 1
name: generate
features: [cpu]
backends:
  simd: {{plugin: cpu_simd}}
  scalar: {{plugin: cpu_simd, device: cpu/scalar}}
suites:
  model:
    backends: simd
    load: {}
    quantize: {{format: {}}}
    compute: {}
    output: {}
sampling: {{min_samples: 3, precision: 50%, max_time: 20ms}}
gates:
  - {{id: exact, metric: output.mismatches, require: "== 0"}}
  - {{id: codec, metric: quantize.mismatches, require: "== 0"}}
{})",
                     load, format, compute, output, more_gates);
}

const std::string kTiny = "{source: synthetic, model: bitnet-tiny}";
const std::string kAddition = "{source: gguf, path: " ADDITION_MODEL "}";

std::set<std::string> digests(const Run& run) {
  std::set<std::string> out;
  for (const json& result : run.receipt.at("cases")) out.insert(result.at("digest").dump());
  return out;
}

struct Array {
  std::vector<std::size_t> shape;
  std::vector<char> data;

  template <class T>
  [[nodiscard]] T at(std::size_t index) const {
    T value;
    std::memcpy(&value, data.data() + index * sizeof(T), sizeof(T));
    return value;
  }
};

/// A file of NumPy's, version 1.
Array read_npy(const std::string& path, const std::string& type) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  REQUIRE(bytes.starts_with(std::string("\x93NUMPY\1\0", 8)));
  const std::size_t length =
      static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
  const std::string header = bytes.substr(10, length);
  CHECK((10 + length) % 64 == 0);
  REQUIRE_THAT(header, Contains("'descr': '" + type + "'"));
  REQUIRE_THAT(header, Contains("'fortran_order': False"));
  Array out;
  std::size_t count = 1;
  for (std::size_t at = header.find('('); header[at] != ')'; ++at) {
    if (header[at] < '0' || header[at] > '9') continue;
    std::size_t digits = 0;
    out.shape.push_back(std::stoul(header.substr(at), &digits));
    at += digits - 1;
    count *= out.shape.back();
  }
  out.data.assign(bytes.begin() + static_cast<std::ptrdiff_t>(10 + length), bytes.end());
  REQUIRE(out.data.size() == count * 4);
  return out;
}

}  // namespace

TEST_CASE("a model says the same in every ternary format, on every device and number of threads") {
  const std::string text = pipeline(
      kTiny, "[t8, i2_s, tl1, tl2]",
      "{op: generate, prompts: [[3, 1, 4, 1, 5], [9], [2, 6]], tokens: 6, threads: [1, 2]}");
  std::string both = text;
  both.replace(both.find("backends: simd"), 14, "backends: [simd, scalar]");
  const Run run = run_pipeline(both);
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.exit_code == 0);
  REQUIRE(run.receipt["cases"].size() == 4 * 2 * 2);
  CHECK(digests(run).size() == 1);
  for (const json& result : run.receipt["cases"]) {
    INFO(result.dump(1));
    CHECK(result["status"] == "measured");
    CHECK(result["axes"].size() == 2);
    const json& generation = result["generation"];
    CHECK(generation["prompts"] == 3);
    CHECK(generation["prompt_tokens"] == 8);
    CHECK(generation["generated"] == 18);
    CHECK(generation["answers"][0]["ids"].size() == 6);
    CHECK(generation["answers"][0]["prompt"].is_null());
    const json& stages = result["stages"];
    CHECK(stages["prefill"]["samples_ns"].size() == stages["compute"]["samples_ns"].size());
    CHECK(stages["decode"]["samples_ns"].size() == 15 * stages["compute"]["samples_ns"].size());
    const json& metrics = result["metrics"];
    for (const char* name : {"prefill.rate", "decode.rate", "compute.ttft", "decode.latency_p99",
                             "memory.peak", "load.rate", "quantize.time"}) {
      INFO(name);
      CHECK(metrics[name]["value"].get<double>() > 0);
    }
    CHECK(metrics["output.max_error"]["value"].get<double>() < 1);
    CHECK(metrics["output.cosine"]["value"].get<double>() > 0.9999);
    CHECK(metrics["output.answers"]["reason"] == "no right answers are known");
  }
}

TEST_CASE("a prompt is the same to a model in one piece and in several") {
  const Run run = run_pipeline(
      pipeline(kTiny, "i2_s", "{op: generate, prompt_tokens: 700, tokens: 3, threads: 2}"));
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.exit_code == 0);
  CHECK(run.receipt["cases"][0]["generation"]["prompt_tokens"] == 700);
}

TEST_CASE("float formats compute what the ternary weights stand for") {
  const Run run = run_pipeline(pipeline(kTiny, "[f32, f16, bf16, tq1_0, tq2_0]",
                                        "{op: generate, prompt_tokens: 5, tokens: 4, threads: 1}"));
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.exit_code == 0);
  for (const json& result : run.receipt["cases"]) CHECK(result["status"] == "measured");
}

TEST_CASE("the addition model adds, and no format loses an answer by more than one percent") {
  const Run run = run_pipeline(pipeline(
      kAddition, "[f32, i2_s, tl1, tl2]",
      "{op: generate, prompts: " ADDITION_PROMPTS ", tokens: 8, threads: 1}", "{check: answers}",
      "  - {id: right, metric: output.answers, require: \">= 90%\"}\n"
      "  - {id: accuracy, metric: output.answers, against: {format: f32}, require: \">= -1%\"}\n"));
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.exit_code == 0);
  CHECK(run.gate("accuracy")["cases"].size() == 3);
  const json& answer = run.receipt["cases"][1]["generation"]["answers"][0];
  CHECK(answer["prompt"].get<std::string>().ends_with("="));
  CHECK(answer["right"].is_boolean());
  CHECK_THAT(run.outcome.out, Contains(answer["prompt"].get<std::string>()));
  CHECK_THAT(run.outcome.out, Contains("tokens/s"));
  CHECK_THAT(run.outcome.out, Contains(" weights stored as f16, ") && Contains(" kB loaded at ") &&
                                  Contains(" GB/s; a step reads "));
}

TEST_CASE("logits are those of the framework that trained the model") {
  const Array ids = read_npy(ADDITION_GOLDEN "/addition_ids.npy", "<i4");
  const Array golden = read_npy(ADDITION_GOLDEN "/addition_logits.npy", "<f4");
  REQUIRE(ids.shape.size() == 2);
  REQUIRE(golden.shape == std::vector<std::size_t>{ids.shape[0], ids.shape[1], 15});
  // Every beginning of every sequence is a prompt, whose next logits are compared.
  std::string prompts;
  for (std::size_t row = 0; row < ids.shape[0]; ++row) {
    std::string prompt;
    for (std::size_t token = 0; token < ids.shape[1]; ++token) {
      const auto id = ids.at<std::int32_t>(row * ids.shape[1] + token);
      prompt += fmt::format("{}{}", token == 0 ? "" : ", ", id);
      prompts += fmt::format("{}[{}]", prompts.empty() ? "" : ", ", prompt);
    }
  }
  for (const char* format : {"f32", "i2_s", "tl1", "tl2"}) {
    const TemporaryDirectory directory;
    const std::string file = directory / "logits.npy";
    const Run run = run_pipeline(pipeline(
        kAddition, format, "{op: generate, prompts: [" + prompts + "], tokens: 1, threads: 1}",
        "{logits: " + file + "}"));
    INFO(format << run.outcome.err << run.outcome.out);
    CHECK(run.outcome.exit_code == 0);
    const Array logits = read_npy(file, "<f4");
    REQUIRE(logits.shape == std::vector<std::size_t>{ids.shape[0] * ids.shape[1], 15});
    for (std::size_t row = 0; row < logits.shape[0]; ++row) {
      double error = 0;
      double norm = 0;
      for (std::size_t i = 15 * row; i < 15 * (row + 1); ++i) {
        error += std::pow(double{logits.at<float>(i)} - golden.at<float>(i), 2);
        norm += std::pow(double{golden.at<float>(i)}, 2);
      }
      INFO("row " << row);
      CHECK(std::sqrt(error / norm) < 1e-3);
    }
  }
}

TEST_CASE("what stands in the way of generating is said") {
  const auto reason = [](const std::string& load, const std::string& compute,
                         const std::string& output = "{check: oracle}") {
    const Run run = run_pipeline(pipeline(load, "i2_s", compute, output));
    CHECK(run.outcome.exit_code == 4);
    CHECK(run.receipt["cases"][0]["status"] == "error");
    return run.receipt["cases"][0]["reason"].get<std::string>();
  };
  const TemporaryDirectory directory;
  CHECK_THAT(reason("{source: gguf, path: /nowhere/model.gguf}", "{op: generate, prompts: [1]}"),
             Contains("/nowhere/model.gguf"));
  CHECK_THAT(reason(kTiny, "{op: generate, prompts: /nowhere/prompts}"),
             Contains("/nowhere/prompts can't be read"));
  const std::string prompts = directory.write("prompts", "1+1=\t2\n1+2=\n");
  CHECK_THAT(reason(kTiny, "{op: generate, prompts: " + prompts + "}"), Contains("no vocabulary"));
  CHECK_THAT(
      reason(kAddition, "{op: generate, prompts: " + prompts + ", tokens: 8}", "{check: answers}"),
      Contains("prompts:2: no answer to check"));
  CHECK_THAT(reason(kTiny, "{op: generate, prompts: [1, 512]}"),
             Contains("token 512 is beyond the vocabulary of 512"));
  CHECK_THAT(reason(kTiny, "{op: generate, prompt_tokens: 4000}"), Contains("context of 4096"));
}

TEST_CASE("the command line names model, tokens and any other value") {
  const std::string text = pipeline("{source: gguf, path: missing.gguf}", "[f32, i2_s]",
                                    "{op: generate, prompts: [1, 5, 12, 6, 13], tokens: 2}");
  const Run run =
      run_pipeline(text, {"--set", std::string("suites.model.load.path=") + ADDITION_MODEL,
                          "--tokens", "5", "-a", "format=i2_s", "-a", "batch=1", "--seed", "3"});
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.exit_code == 0);
  REQUIRE(run.receipt["cases"].size() == 1);
  CHECK(run.receipt["cases"][0]["generation"]["most_tokens"] == 5);
  const Run wrong = run_pipeline(text, {"--set", "suites.model.backends.x=1"});
  CHECK(wrong.outcome.exit_code == 2);
  CHECK_THAT(wrong.outcome.err, Contains("--set suites.model.backends.x"));
}

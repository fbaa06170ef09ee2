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

/// Logits of every beginning of every sequence, a prompt of its own each, against golden ones.
void compare_with_golden(const std::string& model, const std::string& golden,
                         const std::vector<std::string>& formats) {
  const Array ids = read_npy(golden + "_ids.npy", "<i4");
  const Array wanted = read_npy(golden + "_logits.npy", "<f4");
  const std::size_t tokens = ids.shape.back();
  const std::size_t rows = ids.data.size() / sizeof(std::int32_t);
  const std::size_t vocabulary = wanted.shape.back();
  REQUIRE(wanted.data.size() == rows * vocabulary * sizeof(float));
  std::string prompts;
  std::string prompt;
  for (std::size_t row = 0; row < rows; ++row) {
    if (row % tokens == 0) prompt.clear();
    prompt += fmt::format("{}{}", prompt.empty() ? "" : ", ", ids.at<std::int32_t>(row));
    prompts += fmt::format("{}[{}]", prompts.empty() ? "" : ", ", prompt);
  }
  for (const std::string& format : formats) {
    const TemporaryDirectory directory;
    const std::string file = directory / "logits.npy";
    const Run run =
        run_pipeline(pipeline("{source: gguf, path: " + model + "}", format,
                              "{op: generate, prompts: [" + prompts + "], tokens: 1, threads: 1}",
                              "{logits: " + file + "}"));
    INFO(format << run.outcome.err << run.outcome.out);
    CHECK(run.outcome.exit_code == 0);
    const Array logits = read_npy(file, "<f4");
    REQUIRE(logits.shape == std::vector<std::size_t>{rows, vocabulary});
    for (std::size_t row = 0; row < rows; ++row) {
      double error = 0;
      double norm = 0;
      for (std::size_t i = vocabulary * row; i < vocabulary * (row + 1); ++i) {
        error += std::pow(double{logits.at<float>(i)} - wanted.at<float>(i), 2);
        norm += std::pow(double{wanted.at<float>(i)}, 2);
      }
      INFO("row " << row);
      CHECK(std::sqrt(error / norm) < 1e-3);
    }
  }
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
  compare_with_golden(ADDITION_MODEL, ADDITION_GOLDEN "/addition", {"f32", "i2_s", "tl1", "tl2"});
}

TEST_CASE(
    "a model of the architecture bitnet, by another writer, has the logits of another forward") {
  compare_with_golden(ADDITION_GOLDEN "/bitnet_silu.gguf", ADDITION_GOLDEN "/bitnet_silu",
                      {"f32", "f16", "t8"});
}

TEST_CASE("perplexity is that of the framework that trained the model, in every format") {
  const Array ids = read_npy(ADDITION_GOLDEN "/addition_ids.npy", "<i4");
  const Array golden = read_npy(ADDITION_GOLDEN "/addition_logits.npy", "<f4");
  const std::size_t tokens = ids.shape.at(1);
  std::string text;
  double surprise = 0;
  for (std::size_t row = 0; row < ids.shape[0]; ++row) {
    text += row == 0 ? "[" : "], [";
    for (std::size_t token = 0; token < tokens; ++token) {
      const std::size_t at = row * tokens + token;
      text += fmt::format("{}{}", token == 0 ? "" : ", ", ids.at<std::int32_t>(at));
      if (token + 1 == tokens) continue;
      double sum = 0;
      for (std::size_t i = 0; i < 15; ++i) sum += std::exp(double{golden.at<float>(15 * at + i)});
      const auto next = static_cast<std::size_t>(ids.at<std::int32_t>(at + 1));
      surprise += std::log(sum) - double{golden.at<float>(15 * at + next)};
    }
  }
  const auto foretold = static_cast<double>(ids.shape[0] * (tokens - 1));
  const Run run = run_pipeline(
      pipeline(kAddition, "[f32, i2_s, tl1, tl2]",
               "{op: generate, prompts: [1], tokens: 1, text: [" + text + "]], threads: 1}",
               "{check: oracle}",
               "  - {id: loss, metric: output.perplexity, against: {format: f32}, "
               "require: \"<= +1%\"}\n"));
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.exit_code == 0);
  CHECK(run.gate("loss")["cases"].size() == 3);
  for (const json& result : run.receipt["cases"]) {
    CHECK(result["generation"]["text_tokens"] == foretold);
    CHECK(result["metrics"]["output.perplexity"]["value"].get<double>() ==
          Approx(std::exp(surprise / foretold)).epsilon(1e-4));
  }
}

TEST_CASE("a long text is foretold in pieces, each by itself") {
  std::string whole;
  std::string pieces = "[";
  for (int i = 0; i < 700; ++i) {
    const std::string id = std::to_string(i * 37 % 512);
    whole += (i == 0 ? "" : ", ") + id;
    pieces += (i == 0 ? "" : i == 512 ? "], [" : ", ") + id;
  }
  const auto measured = [](const std::string& text) {
    const Run run = run_pipeline(
        pipeline(kTiny, "i2_s",
                 "{op: generate, prompts: [1], tokens: 1, text: [" + text + "], threads: 2}"));
    INFO(run.outcome.err << run.outcome.out);
    REQUIRE(run.outcome.exit_code == 0);
    CHECK(run.receipt["cases"][0]["generation"]["text_tokens"] == 698);
    return run.receipt["cases"][0]["metrics"]["output.perplexity"]["value"].get<double>();
  };
  const double once = measured(whole);
  CHECK(once > 1);
  CHECK(once == measured(pieces + "]"));
}

TEST_CASE("every part of the graph says where it ran, and why not elsewhere") {
  const std::string graph = "{op: generate, prompt_tokens: 12, tokens: 2, threads: 1}";
  const Run run = run_pipeline(pipeline(kTiny, "i2_s", graph));
  INFO(run.outcome.err << run.outcome.out);
  const json& generation = run.receipt["cases"][0]["generation"];
  const auto part = [](const json& placement, const std::string& operation) {
    for (const json& one : placement) {
      if (one["operation"] == operation) return one;
    }
    return json();
  };
  const json down = part(generation["placement"], "ffn_down");
  CHECK(down["kind"] == "matmul");
  CHECK(down["count"] == 2);
  CHECK(down["backend"] == "simd");
  CHECK(down["reason"].is_null());
  CHECK_THAT(down["prefill"][0].get<std::string>(), Contains("i2_s_gemm"));
  CHECK_THAT(down["decode"][0].get<std::string>(), Contains("i2_s_gemv"));
  CHECK(part(generation["placement"], "last_row")["decode"].empty());
  CHECK(part(generation["placement"], "argmax")["prefill"].size() == 1);
  // Two bits a weight, as in the format, and an embedding that lies as it is stored.
  const auto nominal = generation["bytes_per_token"].get<double>();
  CHECK(generation["resident_bytes_per_token"].get<double>() == Approx(nominal).epsilon(0.05));

  std::string fallback = pipeline(kTiny, "i2_s", graph);
  fallback.replace(fallback.find("backends: simd"), 14, "backends: zoo");
  fallback.insert(fallback.find("  scalar:"), std::string("  zoo: {plugin: ") + ZOO_PLUGIN +
                                                  ", device: zoo/correct, fallback: [simd]}\n");
  const Run other = run_pipeline(fallback);
  INFO(other.outcome.err << other.outcome.out);
  const json& result = other.receipt["cases"][0];
  CHECK(result["status"] == "skipped");
  CHECK(result["fallback"]["ran_on"] == "simd");
  std::set<std::string> lacks;
  for (const json& one : result["lacks"]) lacks.insert(one["operation"].get<std::string>());
  CHECK(lacks.count("attention") == 1);
  const json attention = part(result["generation"]["placement"], "attention");
  CHECK(attention["backend"] == "simd");
  CHECK(attention["reason"] != "stays with what zoo lacks");
  const json in = part(result["generation"]["placement"], "attn_in");
  CHECK(in["backend"] == "simd");
  CHECK(in["reason"].is_string());
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
  const std::string compute = "{op: generate, prompts: [1], tokens: 1, text: ";
  CHECK_THAT(reason(kTiny, compute + "[1, 512]}"), Contains("text 1: token 512 is beyond"));
  CHECK_THAT(reason(kTiny, compute + prompts + "}"), Contains("give compute.text as token ids"));
  CHECK_THAT(reason(kAddition, compute + "/nowhere/text}"), Contains("text /nowhere/text can't"));
  CHECK_THAT(reason(kAddition, compute + directory.write("empty", "\n") + "}"),
             Contains("has no line"));
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

#include "run/benchmark_case.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/sha256.hpp"
#include "measure/sampling.hpp"
#include "run/figure.hpp"

namespace bitgate {
namespace {

using nlohmann::json;

/// Bytes of the text that a backend answers with.
constexpr std::uint64_t kAnswer = std::uint64_t{1} << 22;
/// What a sample's whole number of nanoseconds has at least, so that rounding it changes nothing
/// that anybody looks at.
constexpr double kLeastSample = 1e6;
constexpr double kMostSample = 1e18;

constexpr const char* kOutside = "an outside command's own matter";

/// Has the backend run its command, unless it did so before, and returns what it answers.
json ask(const Case& what, worker::BackendClient& client, CaseResult& result) {
  worker::TensorRef answer{std::string(formats::kI8), 1, kAnswer};
  worker::OpSpec op{
      "benchmark",
      {},
      {answer},
      {{"name", what.benchmark}, {"directory", std::filesystem::current_path().string()}}};
  if (const auto why = client.unsupported(op)) {
    result.reason = {reason::kUnsupported, *why};
    return nullptr;
  }
  const std::uint64_t size = *formats::byte_size(formats::kI8, 1, kAnswer);
  worker::SharedMemory memory(size, "bitgate-results");
  const worker::Region region = client.attach(memory);
  std::uint64_t ns = 0;
  answer = client.create(answer, ns);
  op.outputs = {answer};
  const std::uint64_t program = client.prepare({op}, ns);
  client.sample(std::span(&program, 1), 0, 1, 1);
  client.read(answer, region, size);
  for (const worker::KernelCount& kernel : client.kernels(program)) {
    result.kernels.push_back({kernel.name, kernel.calls});
  }
  const auto bytes = memory.as<char>().first(kAnswer);
  json document = json::parse(bytes.begin(), bytes.end());
  client.detach(region);
  return document;
}

/// Times have fractions of nanoseconds; a sample is the time of so many executions that it is a
/// whole number for all that matters.
StageResult stage_of(const std::vector<double>& times) {
  StageResult stage;
  const double least = *std::min_element(times.begin(), times.end());
  const double most = *std::max_element(times.begin(), times.end());
  if (!(least > 0) || !std::isfinite(most)) {
    throw std::runtime_error("its results hold a time that is none");
  }
  while (least * static_cast<double>(stage.repeat) < kLeastSample) stage.repeat *= 10;
  const auto repeat = static_cast<double>(stage.repeat);
  if (most * repeat > kMostSample) throw std::runtime_error("its times are too far apart");
  for (const double time : times) {
    stage.samples_ns.push_back(static_cast<std::uint64_t>(std::llround(time * repeat)));
  }
  stage.stopped_by = "fixed";
  summarize(stage);
  return stage;
}

/// Why there are no results, in the plugin's words.
void note_failure(const json& document, CaseResult& result) {
  const auto code = document.at("failure").get<std::string>();
  const auto detail = document.at("detail").get<std::string>();
  for (const char* known : {reason::kMissingTool, reason::kNothingMeasured}) {
    if (code == known) result.reason = {known, detail};
  }
  if (!result.reason.empty()) return;
  result.status = CaseStatus::kError;
  result.reason = {reason::kError, detail};
}

void refuse_imported(const SuiteSpec& suite, CaseResult& result) {
  if (suite.imported || result.status != CaseStatus::kMeasured || result.benchmark->runs > 0)
    return;
  result.status = CaseStatus::kSkipped;
  result.reason = {
      reason::kImported,
      fmt::format("numbers of {}, which bitgate did not see measured; they count where the suite's "
                  "compute says imported: true",
                  result.benchmark->source)};
}

}  // namespace

void run_benchmark(const Case& what, worker::BackendClient& client, CaseResult& result) {
  result.status = CaseStatus::kSkipped;
  const json document = ask(what, client, result);
  if (document.is_null()) return;
  if (!document.at("failure").is_null()) {
    note_failure(document, result);
    return;
  }
  BenchmarkInfo& info = result.benchmark.emplace();
  info.name = what.benchmark;
  document.at("tool").get_to(info.tool);
  document.at("command").get_to(info.command);
  document.at("directory").get_to(info.directory);
  document.at("runs").get_to(info.runs);
  document.at("source").get_to(info.source);
  info.sha256 = sha256(document.at("results").get<std::string>());
  document.at("amount").get_to(info.amount);
  document.at("unit").get_to(info.unit);
  const auto times = document.at("times_ns").get<std::vector<double>>();
  if (times.empty()) {
    result.reason = {reason::kNothingMeasured, "its results hold no time"};
    return;
  }
  for (const char* stage : {"load", "quantize", "output"}) result.stages[stage].reason = kOutside;
  result.stages["compute"] = stage_of(times);
  result.digest = info.sha256;
  result.status = CaseStatus::kMeasured;
  fill_benchmark_metrics(*what.suite, result);
}

void fill_benchmark_metrics(const SuiteSpec& suite, CaseResult& result) {
  const BenchmarkInfo& info = *result.benchmark;
  const double time = median_ns(result.stages["compute"]);
  const auto rate = [&](std::string_view unit, double scale) {
    if (info.unit != unit) return Figure::none(fmt::format("the command counts no {}", unit));
    return Figure::of(info.amount * scale / time);
  };
  put_metric(result, "compute.time", Figure::of(time));
  put_metric(result, "compute.bandwidth", rate("bytes", 1));
  put_metric(result, "compute.tokens", rate("tokens", 1e9));
  put_metric(result, "compute.items", rate("items", 1e9));
  put_metric(result, "output.mismatches", Figure::none(kOutside));
  refuse_imported(suite, result);
}

}  // namespace bitgate

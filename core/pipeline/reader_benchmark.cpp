// Suites of op benchmark: an outside command measures, and its results are taken in.
#include "base/text.hpp"
#include "pipeline/reader_parts.hpp"

namespace bitgate {
namespace {

constexpr const char* kExample = "{op: benchmark, benchmark: [i2s/dequantize]}";

std::optional<std::string> read_benchmark(const Value& value) {
  auto name = value.text("the name that the command gives a benchmark, e.g. i2s/dequantize");
  if (!name || value.refused_interpolation()) return std::nullopt;
  if (name->empty() || name->find_first_of("\n\r\t@") != std::string::npos) {
    value.error("must be one line without '@', as the command prints it");
    return std::nullopt;
  }
  return name;
}

}  // namespace

void read_benchmark_suite(const Value& value, SuiteSpec& suite) {
  suite.op = ComputeOp::kBenchmark;
  for (const char* stage : {"load", "quantize", "output"}) {
    if (const auto part = value.get(stage)) {
      part->error("is the outside command's own matter where compute.op is benchmark; take it out");
    }
  }
  const auto compute = value.require("compute", kExample);
  if (!compute || !compute->is_map(kExample)) return;
  compute->only_keys({"op", "benchmark", "imported"});
  if (const auto names = compute->require("benchmark", "[i2s/dequantize]")) {
    suite.benchmark = read_axis<std::string>(*names, read_benchmark);
  }
  if (const auto imported = compute->get("imported")) {
    suite.imported = imported->boolean().value_or(false);
  }
}

}  // namespace bitgate

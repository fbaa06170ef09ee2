// Numbers: every operation that a backend supports, held against the oracle and against itself.
#include <bitgate/formats.hpp>

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "conform/bench.hpp"
#include "conform/examination.hpp"
#include "conform/space.hpp"
#include "conform/transformer_cases.hpp"

namespace bitgate::conform {
namespace {

using Cases = std::vector<NumericCase>;

/// Cases of one check on the bench's device.
class Series {
 public:
  Series(Bench& bench, std::string check)
      : bench_(bench),
        check_(std::move(check)),
        examine_(find_examination(check_)),
        client_(bench.backend()),
        probe_(client_, bench.device()) {}

  [[nodiscard]] Probe& probe() { return probe_; }

  void run(const NumericCase& what) {
    if (bench_.enough()) return;
    const Setting& setting = bench_.setting();
    const std::string token =
        token_of({check_, setting.plugin.path.string(), bench_.device(), setting.options, what});
    bench_.about_to_run(token);
    if (const Objection wrong = examine_(probe_, what)) {
      bench_.fail(fmt::format("{}: {}", text_of(what), *wrong), token);
    }
    ++done_;
  }

  void run_supported(const NumericCase& what) {
    if (bench_.enough()) return;
    bench_.about_to_run({});
    if (auto why = probe_.unsupported(what)) {
      why_not_ = *why;
    } else {
      run(what);
    }
  }

  void run_supported(const Cases& cases) {
    for (const NumericCase& what : cases) run_supported(what);
  }

  /// A series without a case proves nothing.
  void end() const {
    if (done_ == 0) Bench::skip(why_not_.empty() ? "no case" : "unsupported: " + why_not_);
  }

 private:
  Bench& bench_;
  std::string check_;
  Examine examine_;
  worker::BackendClient client_;
  Probe probe_;
  std::uint64_t done_ = 0;
  std::string why_not_;
};

void edges(Bench& bench, const char* check, std::string_view kind) {
  Series series(bench, check);
  for (const Row& row : rows(kind)) series.run_supported(edge_cases(row, bench.setting().seed));
  series.end();
}

void quantize(Bench& bench) { edges(bench, "numeric.quantize", "quantize"); }
void dequantize(Bench& bench) { edges(bench, "numeric.dequantize", "dequantize"); }
void matmul(Bench& bench) { edges(bench, "numeric.matmul", "matmul"); }

void transformer(Bench& bench) {
  Series series(bench, "numeric.transformer");
  for (const Row& row : transformer_rows()) {
    series.run_supported(edge_cases(row, bench.setting().seed));
  }
  series.end();
}

void in_place(Bench& bench) {
  Series series(bench, "numeric.in-place");
  for (const Row& row : transformer_rows()) {
    if (in_place_inputs(row.op).empty()) continue;
    series.run_supported(edge_cases(row, bench.setting().seed));
  }
  series.end();
}

void big(Bench& bench) {
  Series series(bench, "numeric.big");
  for (const Row& row : rows()) series.run_supported(big_case(row, bench.setting().seed));
  series.end();
}

/// A few random cases of every row under one examination.
void few(Bench& bench, const char* check) {
  Series series(bench, check);
  for (const Row& row : rows()) series.run_supported(few_cases(row, bench.setting().seed));
  series.end();
}

void repeat(Bench& bench) { few(bench, "numeric.repeat"); }
void inputs(Bench& bench) { few(bench, "numeric.inputs"); }
void canaries(Bench& bench) { few(bench, "numeric.canaries"); }

void fresh_inputs(Bench& bench) {
  Series series(bench, "numeric.fresh-inputs");
  for (const Row& row : rows()) {
    if (row.op == "dequantize") continue;  // its only input are weights, which may be repacked
    series.run_supported(few_cases(row, bench.setting().seed));
  }
  series.end();
}

void threads(Bench& bench) {
  if (bench.units() < 2) Bench::skip("the device has one unit");
  Series series(bench, "numeric.threads");
  for (const Row& row : rows()) {
    Cases cases = few_cases(row, bench.setting().seed);
    cases.resize(std::min<std::size_t>(cases.size(), 8));
    for (const unsigned count : {2U, bench.units()}) {
      for (NumericCase& what : cases) {
        what.threads = count;
        series.run_supported(what);
      }
      if (count == bench.units()) break;
    }
  }
  series.end();
}

/// Formats of any supported row, with what a product takes and gives.
std::vector<std::string> used_formats(Probe& probe) {
  std::vector<std::string> out;
  const auto add = [&](const worker::TensorRef& tensor) {
    if (std::find(out.begin(), out.end(), tensor.format) == out.end()) out.push_back(tensor.format);
  };
  for (const Row& row : rows()) {
    const auto [r, c] = block_of(row.format);
    const NumericCase what{row.op, row.format, r, c, 1, "random", "random", 1, 1};
    if (probe.unsupported(what)) continue;
    const worker::OpSpec op = operation(what);
    for (const worker::TensorRef& input : op.inputs) add(input);
    for (const worker::TensorRef& output : op.outputs) add(output);
  }
  return out;
}

void round_trip(Bench& bench) {
  Series series(bench, "numeric.round-trip");
  for (const std::string& format : used_formats(series.probe())) {
    for (const Extent shape : edge_shapes(format)) {
      series.run({"transfer", format, shape.rows, shape.cols, 1, "random", "random", 1,
                  bench.setting().seed});
    }
  }
  series.end();
}

void illegal_codes(Bench& bench) {
  Series series(bench, "numeric.illegal-codes");
  const std::vector<std::string> used = used_formats(series.probe());
  for (const Row& row : rows("matmul")) {
    const bool known = std::find(used.begin(), used.end(), row.format) != used.end();
    if (!known || row.op != "matmul") continue;   // each format once
    if (formats::is_float(row.format)) continue;  // every float is legal
    for (const Extent shape : edge_shapes(row.format)) {
      for (const char* where : {"first", "middle", "last"}) {
        series.run({"illegal", row.format, shape.rows, shape.cols, 1, where, "random", 1,
                    bench.setting().seed});
      }
    }
  }
  series.end();
}

void fuzz(Bench& bench) {
  if (bench.setting().fuzz.count() == 0) Bench::skip("not asked for; add --fuzz 60s");
  using Clock = std::chrono::steady_clock;
  Series series(bench, "numeric.fuzz");
  const Clock::time_point end = Clock::now() + bench.setting().fuzz;
  for (std::uint64_t index = 0; Clock::now() < end && !bench.enough(); ++index) {
    series.run_supported(random_case(bench.setting().seed, index, bench.units()));
  }
  series.end();
}

constexpr std::array<Check, 14> kChecks = {{
    {"numeric.quantize", Subject::kDevice,
     "quantizing edge shapes and values gives the oracle's bytes", quantize},
    {"numeric.dequantize", Subject::kDevice,
     "dequantizing edge shapes and values gives the oracle's numbers", dequantize},
    {"numeric.matmul", Subject::kDevice,
     "products of edge shapes and values are the oracle's: integers exactly, floats within the "
     "bound",
     matmul},
    {"numeric.transformer", Subject::kDevice,
     "what a transformer takes besides products keeps the oracle's bound on edge shapes, positions "
     "and caches",
     transformer},
    {"numeric.in-place", Subject::kDevice,
     "an operation whose output may be one of its inputs gives the same answer there", in_place},
    {"numeric.big", Subject::kDevice, "the same for shapes of a real model, every operation once",
     big},
    {"numeric.repeat", Subject::kDevice, "running a program again gives the same answer", repeat},
    {"numeric.fresh-inputs", Subject::kDevice,
     "new activations give the new answer, not the old one", fresh_inputs},
    {"numeric.inputs", Subject::kDevice, "a run leaves its inputs as they were", inputs},
    {"numeric.canaries", Subject::kDevice,
     "neighbouring tensors and the host's memory round transfers stay untouched", canaries},
    {"numeric.threads", Subject::kDevice, "any number of threads gives the answer of one", threads},
    {"numeric.round-trip", Subject::kDevice,
     "whatever a tensor was written reads back bit for bit, in every format used", round_trip},
    {"numeric.illegal-codes", Subject::kDevice, "bytes that a format forbids are refused",
     illegal_codes},
    {"numeric.fuzz", Subject::kDevice, "random shapes and values give the oracle's answer", fuzz},
}};

}  // namespace

std::span<const Check> numeric_checks() { return kChecks; }

}  // namespace bitgate::conform

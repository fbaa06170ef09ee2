#include "pipeline/reader.hpp"

#include <functional>

#include <nlohmann/json.hpp>

#include "base/sha256.hpp"
#include "pipeline/schema.hpp"
#include "receipt/metrics.hpp"
#include "support/catch.hpp"
#include "support/program.hpp"

using namespace bitgate;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

const std::string kStart =
    "version: 1\n"
    "name: small\n"
    "backends: {simd: {plugin: cpu_simd}, scalar: {plugin: cpu_simd, device: cpu/scalar}}\n";
const std::string kSuites =
    "suites:\n"
    "  s:\n"
    "    backends: [simd, scalar]\n"
    "    load: {source: synthetic, shape: 64x32}\n"
    "    quantize: {format: i2_s}\n"
    "    compute: {batch: [1, 8]}\n";
const std::string kGates = "gates: [{id: exact, metric: output.mismatches, require: == 0}]\n";
const std::string kSmall = kStart + kSuites + kGates;

Pipeline read(const std::string& text, const Overrides& overrides = {}) {
  return parse_pipeline(text, "f", overrides);
}

std::string error_of(const std::string& text, const Overrides& overrides = {}) {
  try {
    read(text, overrides);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

SuiteSpec suite_with(const std::string& load, const std::string& quantize) {
  return read(kStart + "suites: {s: {backends: simd, load: {source: synthetic, shape: 64x32" +
              load + "}, quantize: {format: i2_s" + quantize + "}}}\n" + kGates)
      .suites.front();
}

}  // namespace

TEST_CASE("What is not written has the defaults of the documentation") {
  const Pipeline pipeline =
      read(kStart +
           "suites: {s: {backends: simd, load: {source: synthetic, shape: 64x32},"
           " quantize: {format: i2_s}}}\n" +
           kGates);
  CHECK(pipeline.gate == "generative:gate:benchmarks");
  CHECK(pipeline.features.empty());
  CHECK(pipeline.reporters.empty());
  CHECK(pipeline.sampling.min_samples == 20);
  CHECK(pipeline.sampling.precision == 0.02);
  CHECK(pipeline.sampling.max_time == 10s);
  CHECK(pipeline.limits.step == 60s);
  CHECK(pipeline.limits.memory == 0);
  CHECK(pipeline.routes.pass == "FINALIZE → quality-finalizer");
  CHECK(pipeline.routes.fail == "NEXT → code-refiner");
  CHECK(pipeline.routes.retry == "NEXT → self");
  const SuiteSpec& suite = pipeline.suites.front();
  CHECK(suite.values == Values::kTernary);
  CHECK(suite.seed == 42);
  CHECK(suite.op == ComputeOp::kMatmul);
  CHECK(suite.batch == std::vector<std::uint64_t>{1});
  CHECK(suite.threads == std::vector<unsigned>{0});
  CHECK(suite.cache == std::vector<Cache>{Cache::kCold});
  const Rule& rule = pipeline.gates.front();
  CHECK(rule.required);
  CHECK(rule.on_missing == OnMissing::kBlock);
  CHECK(rule.where.empty());
}

TEST_CASE("Every key arrives where it belongs") {
  const Pipeline pipeline = read(
      "version: 1\n"
      "name: all\n"
      "gate: \"generative:gate:kernels\"\n"
      "features: [cpu, gpu]\n"
      "backends: {b: {plugin: ./mine.so, device: mine/0, feature: gpu, options: {n: 2, t: \"2\", "
      "l: [0.5, false, ~]}}}\n"
      "suites: {s: {backends: b, load: {source: synthetic, values: gaussian, shape: [64x32, 8x8], "
      "seed: 7}, quantize: {format: [i2_s], rounding: absmean}, compute: {op: dequantize, batch: "
      "1, "
      "threads: [all, 2], cache: [hot, cold]}, output: {check: oracle}}}\n"
      "sampling: {min_samples: 3, precision: 0.5%, max_time: 250ms}\n"
      "limits: {step: 2s, memory: 1GiB}\n"
      "gates: [{id: g, metric: compute.time, where: {threads: all, cache: hot}, against: {threads: "
      "2}, "
      "require: \"<= +5%\", required: false, on_missing: skip}]\n"
      "routes: {pass: p, fail: f, retry: r}\n"
      "reporters: [{plugin: json, options: {path: out.json}, required: true}, {plugin: "
      "console}]\n");
  CHECK(pipeline.name == "all");
  CHECK(pipeline.gate == "generative:gate:kernels");
  CHECK(pipeline.features == std::vector<std::string>{"cpu", "gpu"});
  const BackendSpec& backend = pipeline.backends.at(0);
  CHECK(backend.plugin == "./mine.so");
  CHECK(backend.device == "mine/0");
  CHECK(backend.feature == "gpu");
  CHECK(backend.options == nlohmann::json({{"n", 2}, {"t", "2"}, {"l", {0.5, false, nullptr}}}));
  const SuiteSpec& suite = pipeline.suites.at(0);
  CHECK(suite.values == Values::kGaussian);
  CHECK(suite.shape == std::vector<Shape>{{64, 32}, {8, 8}});
  CHECK(suite.seed == 7);
  CHECK(suite.rounding == oracle::Rounding::kAbsmean);
  CHECK(suite.op == ComputeOp::kDequantize);
  CHECK(suite.threads == std::vector<unsigned>{0, 2});
  CHECK(suite.cache == std::vector<Cache>{Cache::kHot, Cache::kCold});
  CHECK(pipeline.sampling.min_samples == 3);
  CHECK(pipeline.sampling.precision == Approx(0.005));
  CHECK(pipeline.sampling.max_time == 250ms);
  CHECK(pipeline.limits.step == 2s);
  CHECK(pipeline.limits.memory == 1U << 30);
  const Rule& rule = pipeline.gates.at(0);
  CHECK(rule.where == std::map<std::string, std::string>{{"threads", "all"}, {"cache", "hot"}});
  CHECK(rule.against == std::map<std::string, std::string>{{"threads", "2"}});
  CHECK(rule.require.kind == RequireKind::kChange);
  CHECK_FALSE(rule.required);
  CHECK(rule.on_missing == OnMissing::kSkip);
  CHECK(pipeline.routes.pass == "p");
  CHECK(pipeline.routes.fail == "f");
  CHECK(pipeline.routes.retry == "r");
  CHECK(pipeline.reporters.at(0).options == nlohmann::json({{"path", "out.json"}}));
  CHECK(pipeline.reporters.at(0).required);
  CHECK(pipeline.reporters.at(1).plugin == "console");
  CHECK_FALSE(pipeline.reporters.at(1).required);
}

TEST_CASE("Rounding follows the weights unless it is named") {
  CHECK(suite_with("", "").rounding == oracle::Rounding::kTernary);
  CHECK(suite_with(", values: gaussian", "").rounding == oracle::Rounding::kAbsmean);
  CHECK(suite_with("", ", rounding: absmean").rounding == oracle::Rounding::kAbsmean);
}

TEST_CASE("A pipeline remembers its file and the digest of its bytes") {
  const test::TemporaryDirectory directory;
  const Pipeline pipeline = read_pipeline(directory.write("p.yaml", kSmall));
  CHECK(pipeline.path == directory / "p.yaml");
  CHECK(pipeline.sha256 == sha256(kSmall));
  CHECK(read(kSmall).sha256 == sha256(kSmall));
}

TEST_CASE("The command line replaces axes and the seed before anything is checked") {
  Overrides overrides;
  overrides.axes["batch"] = {"3", "5"};
  overrides.axes["cache"] = {"hot"};
  overrides.seed = 9;
  const Pipeline pipeline = read(kSmall, overrides);
  CHECK(pipeline.suites.at(0).batch == std::vector<std::uint64_t>{3, 5});
  CHECK(pipeline.suites.at(0).cache == std::vector<Cache>{Cache::kHot});
  CHECK(pipeline.suites.at(0).seed == 9);
  Overrides wrong;
  wrong.axes["batch"] = {"zero"};
  CHECK_THAT(error_of(kSmall, wrong), Contains("suites.s.compute.batch[0]: must be an integer"));
  Overrides unknown;
  unknown.axes["bach"] = {"1"};
  CHECK_THAT(error_of(kSmall, unknown), Contains("no such axis (did you mean 'batch'?)"));
  // A gate may ask for a value that the command line took away: then it judges nothing, and says
  // so.
  const std::string gated = kStart + kSuites +
                            "gates: [{id: g, metric: compute.time, where: {batch: 8}, require: "
                            "\"<= 1s\"}]\n";
  CHECK(error_of(gated, overrides) == "accepted");
}

TEST_CASE("Gates that can't be judged are found before anything runs") {
  const auto gate = [](const std::string& rest) {
    return error_of(kStart + kSuites + "gates: [{id: g, metric: compute.time, " + rest + "}]\n");
  };
  CHECK_THAT(gate("where: {batch: 2}, require: \"<= 1s\""),
             Contains("gates[0].where.batch: no case has batch '2'; there are 1, 8"));
  CHECK_THAT(gate("where: {backend: scaler}, require: \"<= 1s\""),
             Contains("did you mean 'scalar'?"));
  CHECK_THAT(gate("where: {backend: simd}, against: {backend: simd}, require: \"<= 1x\""),
             Contains("gates[0].against: no case has such another arm"));
  CHECK(gate("against: {backend: scalar}, require: \"<= 1x\"") == "accepted");
  // After a mistake in the suites nobody knows which cases there are.
  CHECK(error_of(kStart +
                 "suites: {s: {backends: simd, load: {source: synthetic, shape: 1}, quantize: "
                 "{format: i2_s}}}\ngates: [{id: g, metric: compute.time, where: {batch: 2}, "
                 "require: \"<= 1s\"}]\n") ==
        "f:4:63: suites.s.load.shape: must be a shape, e.g. 2560x6912, not the bare number '1'");
}

TEST_CASE("Interpolation is refused wherever text goes, never passed on") {
  for (const std::string& line :
       {std::string("routes: {pass: \"${env:ROUTE}\"}\n"),
        std::string("reporters: [{plugin: json, options: {a: [\"x${vars.y}\"]}}]\n"),
        std::string("limits: {step: \"${vars.step}\"}\n")}) {
    INFO(line);
    CHECK_THAT(error_of(kSmall + line), Contains("pipelines have no variables"));
  }
  CHECK(error_of(kSmall + "reporters: [{plugin: json, options: {a: \"$x {y} $$\"}}]\n") ==
        "accepted");
}

TEST_CASE("More cases than a run can hold are refused, however large the product") {
  std::string numbers;
  for (int i = 1; i <= 400; ++i) numbers += (i == 1 ? "" : ", ") + std::to_string(i);
  const auto suites = [&](const std::string& more) {
    return kStart +
           "suites: {s: {backends: simd, load: {source: synthetic, shape: 64x32}, quantize: "
           "{format: i2_s}, compute: {batch: [" +
           numbers + "], threads: [" + more + "]}}}\n" + kGates;
  };
  CHECK(error_of(suites("1, 2")) == "accepted");
  CHECK_THAT(error_of(suites(numbers)),
             Contains("suites: expand to 160000 cases, more than 100000"));
}

TEST_CASE("Every mistake has its place and its path") {
  try {
    read("version: 1\nname: 5\nbackends: {b: {plugin: p, devise: x}}\nsuites: {}\ngates: []\n");
    FAIL("accepted");
  } catch (const ConfigError& error) {
    REQUIRE(error.diagnostics().size() == 3);
    const Diagnostic& second = error.diagnostics()[1];
    CHECK(second.file == "f");
    CHECK(second.line == 3);
    CHECK(second.column == 27);
    CHECK(second.path == "backends.b");
    CHECK(second.message == "unknown key 'devise' (did you mean 'device'?)");
    CHECK(error.diagnostics()[0].path == "name");
    CHECK(error.diagnostics()[2].path == "gates");
  }
}

TEST_CASE("The reader gives up after a hundred mistakes") {
  std::string text = kStart + kSuites + "gates:\n";
  for (int i = 0; i < 500; ++i) text += "  - {}\n";
  CHECK_THAT(error_of(text), Contains("and at least 80 more"));
}

TEST_CASE("The schema knows the metrics that there are") {
  const auto schema = nlohmann::json::parse(pipeline_schema());
  const auto& metric =
      schema.at("properties").at("gates").at("items").at("properties").at("metric");
  CHECK(metric.at("enum").get<std::vector<std::string>>() == metric_names());
}

TEST_CASE("Every key of the schema is described") {
  const auto schema = nlohmann::json::parse(pipeline_schema());
  std::size_t count = 0;
  const std::function<void(const nlohmann::json&, const std::string&, bool)> visit =
      [&](const nlohmann::json& node, const std::string& path, bool condition) {
        if (!node.is_object()) return;
        for (const auto& [key, value] : node.items()) {
          const bool inner = condition || key == "if" || key == "then" || key == "not";
          if (key == "properties" && !inner) {
            for (const auto& [name, property] : value.items()) {
              INFO(path + "." + name);
              const bool referred = property.contains("$ref");
              CHECK((referred || property.contains("description")));
              ++count;
            }
          }
          visit(value, path + "." + key, inner);
        }
      };
  visit(schema, "", false);
  CHECK(count > 40);
}

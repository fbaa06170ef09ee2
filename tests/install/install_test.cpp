// The installed tree: moved to where nobody told it and run from elsewhere. tests/examples builds
// against it.
#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/installation.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace fs = std::filesystem;

namespace {

const std::string kTiny = R"(version: 1
name: tiny
features: [cpu]
backends: {simd: {plugin: cpu_simd}}
suites:
  tiny:
    backends: [simd]
    load: {source: synthetic, shape: 128x256}
    quantize: {format: i2_s}
    compute: {batch: 2, threads: 1, cache: hot}
sampling: {min_samples: 3, precision: 50%, max_time: 20ms}
gates:
  - {id: exact, metric: output.mismatches, require: "== 0"}
reporters: [{plugin: console}]
)";

}  // namespace

TEST_CASE("an installed tree has a fixed shape") {
  const Installation installed;
  for (const char* file :
       {"bin/bitgate", "lib/bitgate/plugins/cpu_simd.so", "lib/bitgate/plugins/console.so",
        "lib/bitgate/plugins/json.so", "include/bitgate/abi.h", "include/bitgate/backend.hpp",
        "lib/cmake/bitgate/bitgateConfig.cmake", "lib/cmake/bitgate/bitgateConfigVersion.cmake",
        "lib/cmake/bitgate/bitgateTargets.cmake", "share/bitgate/configs/quickstart.yaml",
        "share/bitgate/configs/pipeline.schema.json", "share/doc/bitgate/LICENSE"}) {
    INFO(file);
    CHECK(fs::is_regular_file(fs::path(installed.prefix()) / file));
  }
  // Nothing of the tests, and no static library of the program's own parts.
  for (const auto& entry : fs::recursive_directory_iterator(installed.prefix())) {
    INFO(entry.path());
    CHECK(entry.path().extension() != ".a");
    CHECK(entry.path().filename() != "zoo.so");
  }
}

TEST_CASE("an installed tree runs where it was moved to, from any directory") {
  const Installation installed;
  Surroundings around;
  around.directory = "/";
  CHECK_THAT(succeed({installed.program(), "--version"}, around).out, StartsWith("bitgate "));

  const Outcome plugins = succeed({installed.program(), "plugin", "list"}, around);
  CHECK_THAT(plugins.out, Contains(installed.prefix() + "/lib/bitgate/plugins/cpu_simd.so"));
  CHECK_THAT(plugins.out, !Contains(BITGATE_BINARY_DIR));
  // Without a file it is the quickstart of this installation.
  CHECK_THAT(succeed({installed.program(), "plan"}, around).out,
             Contains(installed.prefix() + "/lib/bitgate/plugins/cpu_simd.so"));

  const std::string pipeline = installed.directory().write("tiny.yaml", kTiny);
  CHECK_THAT(succeed({installed.program(), "run", pipeline}, around).out, Contains("PASS"));
}

// The installed tree: moved to where nobody told it, run from elsewhere, and built against.
#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/program.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace fs = std::filesystem;

namespace {

/// Runs a program that has to succeed.
Outcome succeed(const std::vector<std::string>& arguments, const Surroundings& around = {}) {
  Outcome outcome = run_program(arguments, around);
  INFO(arguments.front() << ": " << outcome.out << outcome.err);
  REQUIRE(outcome.exit_code == 0);
  return outcome;
}

/// An installed bitgate that was moved away from the prefix that it was installed to.
class Installation {
 public:
  Installation() {
    const std::string first = directory_ / "first";
    succeed({BITGATE_CMAKE, "--install", BITGATE_BINARY_DIR, "--prefix", first});
    fs::create_directory(directory_ / "elsewhere");
    fs::rename(first, prefix());
  }
  [[nodiscard]] std::string prefix() const { return directory_ / "elsewhere/bitgate"; }
  [[nodiscard]] std::string program() const { return prefix() + "/bin/bitgate"; }
  [[nodiscard]] const TemporaryDirectory& directory() const { return directory_; }

 private:
  TemporaryDirectory directory_;
};

const std::string kTiny = R"(version: 1
name: tiny
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
  CHECK_THAT(succeed({installed.program(), "run", pipeline}, around).out, Contains("pass"));
}

TEST_CASE("a backend is built outside the project against the installed package, and measured") {
  const Installation installed;
  const std::string hello = installed.directory() / "hello";
  fs::copy(BITGATE_SOURCE_DIR "/examples/backend-cpp", hello);
  succeed({BITGATE_CMAKE, "-S", hello, "-B", hello + "/build", "-G", BITGATE_GENERATOR,
           "-DCMAKE_PREFIX_PATH=" + installed.prefix(), "-DCMAKE_BUILD_TYPE=Release",
           "-DCMAKE_CXX_COMPILER=" BITGATE_COMPILER});
  succeed({BITGATE_CMAKE, "--build", hello + "/build"});

  // By its file, relative to the pipeline.
  Surroundings around;
  around.directory = "/";
  CHECK_THAT(succeed({installed.program(), "run", hello + "/pipeline.yaml"}, around).out,
             Contains("pass"));

  // By its id.
  around.environment["BITGATE_PLUGIN_PATH"] = hello + "/build";
  CHECK_THAT(succeed({installed.program(), "plugin", "list"}, around).out,
             Contains("com.example.hello") && Contains(hello + "/build/hello_backend.so"));
  std::string by_id = kTiny;
  by_id.replace(by_id.find("cpu_simd"), 8, "com.example.hello");
  by_id.replace(by_id.find("i2_s"), 4, "f32");
  const std::string pipeline = installed.directory().write("by_id.yaml", by_id);
  CHECK_THAT(succeed({installed.program(), "run", pipeline}, around).out, Contains("pass"));
}

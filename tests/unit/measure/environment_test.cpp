#include "measure/environment.hpp"

#include <algorithm>
#include <map>

#include "support/catch.hpp"

using namespace bitgate;
using Catch::Matchers::Contains;

namespace {

MachineState quiet() {
  MachineState state;
  state.governor = "performance";
  state.cores = 8;
  state.load = 0.3;
  state.steal = 0.001;
  state.build_type = "RelWithDebInfo";
  return state;
}

/// The one warning about this state.
std::string warning(const MachineState& state) {
  const std::vector<std::string> warnings = warnings_about(state);
  REQUIRE(warnings.size() == 1);
  return warnings.front();
}

}  // namespace

TEST_CASE("A quiet machine gives no warning") {
  CHECK(warnings_about(quiet()).empty());
  MachineState state = quiet();
  state.governor.clear();  // a virtual machine shows none
  state.quota = 8;
  CHECK(warnings_about(state).empty());
}

TEST_CASE("What disturbs a measurement is said with its remedy") {
  MachineState state = quiet();
  SECTION("governor") {
    state.governor = "powersave";
    CHECK_THAT(warning(state), Contains("'powersave'") && Contains("cpupower frequency-set"));
  }
  SECTION("quota") {
    state.quota = 1.5;
    CHECK_THAT(warning(state), Contains("1.5 of 8 cores") && Contains("fewer threads"));
  }
  SECTION("load") {
    state.load = 4.5;
    CHECK_THAT(warning(state), Contains("4.5 on 8 cores") && Contains("run again"));
  }
  SECTION("pressure") {
    state.pressure = 0.42;
    CHECK_THAT(warning(state), Contains("in 42% of the last ten seconds") && Contains("taskset"));
  }
  SECTION("steal") {
    state.steal = 0.073;
    CHECK_THAT(warning(state), Contains("7.3%") && Contains("ratios"));
  }
}

TEST_CASE("A slow build of bitgate says that its timings mean nothing") {
  MachineState state = quiet();
  for (const char* type : {"Debug", "", "RelWithDebInfo with sanitizers"}) {
    state.build_type = type;
    CHECK_THAT(warning(state), Contains("timings of this build mean nothing"));
  }
  for (const char* type : {"Release", "MinSizeRel"}) {
    state.build_type = type;
    CHECK(warnings_about(state).empty());
  }
}

TEST_CASE("All that disturbs is said at once") {
  MachineState state = quiet();
  state.governor = "powersave";
  state.load = 100;
  state.quota = 1;
  CHECK(warnings_about(state).size() == 3);
}

TEST_CASE("The environment names this machine and this build, each fact once and none empty") {
  const Environment environment = read_environment();
  std::map<std::string, std::string> facts;
  for (const auto& [name, value] : environment.facts) {
    CAPTURE(name);
    CHECK_FALSE(value.empty());
    CHECK(facts.emplace(name, value).second);
  }
  for (const char* name : {"cpu.cores", "cpu.quota", "cpu.llc", "memory.total", "kernel",
                           "clock.tick", "load", "build.compiler", "build.type"}) {
    CAPTURE(name);
    CHECK(facts.count(name) == 1);
  }
  CHECK(std::stoi(facts["cpu.cores"]) >= 1);
  CHECK_THAT(facts["kernel"], Contains("Linux"));
}

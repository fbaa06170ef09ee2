#include "measure/core_team.hpp"

#include <atomic>
#include <vector>

#include "measure/machine.hpp"
#include "support/catch.hpp"

using namespace bitgate;

TEST_CASE("Each of the threads asked for does the job once, and no other, round after round") {
  // As many threads as cores, but three at least: pinned to the same core they only take turns.
  std::vector<int> cores = allowed_cores();
  while (cores.size() < 3) cores.push_back(cores.front());
  cores.resize(3);
  CoreTeam team(cores);
  REQUIRE(team.size() == 3);
  std::vector<std::atomic<int>> done(3);
  for (int round = 0; round < 50; ++round) {
    for (const unsigned count : {1U, 3U, 2U, 1U}) {
      for (std::atomic<int>& entry : done) entry = 0;
      const double seconds = team.run(count, [&](unsigned index) { ++done[index]; });
      REQUIRE(seconds >= 0);
      for (unsigned i = 0; i < 3; ++i) REQUIRE(done[i] == (i < count ? 1 : 0));
    }
  }
}

TEST_CASE("A team that never worked ends") {
  const CoreTeam team(allowed_cores());
  CHECK(team.size() == allowed_cores().size());
}

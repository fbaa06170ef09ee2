// Threads, features of the CPU, and the choice among implementations.
#include "cpu_features.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "machine.hpp"
#include "support/catch.hpp"

namespace {

/// All of it is still the one value that was written. Every round writes another one, so that a
/// stranger's shows.
void check_untouched(const cpu_simd::Memory& memory) {
  const auto bytes = memory.bytes();
  REQUIRE(std::equal(bytes.begin() + 1, bytes.end(), bytes.begin()));
}

}  // namespace

TEST_CASE("memory is zeros that nobody else has, however often it is given back") {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  const std::vector<std::size_t> sizes = {1,        60,       4096,     5000,      700 * 1024,
                                          kMiB + 1, 4 * kMiB, 9 * kMiB, 16 * kMiB, 16 * kMiB + 1};
  std::vector<cpu_simd::Memory> held;
  for (std::size_t round = 0; round < 30; ++round) {
    const std::size_t size = sizes[round * 7 % sizes.size()];
    cpu_simd::Memory memory(size);
    REQUIRE(memory.size() == size);
    REQUIRE(reinterpret_cast<std::uintptr_t>(memory.as<char>()) % 4096 == 0);
    const auto bytes = memory.bytes();
    REQUIRE(std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; }));
    std::fill(bytes.begin(), bytes.end(), std::byte{static_cast<unsigned char>(round + 1)});
    held.push_back(std::move(memory));
    if (held.size() <= 9) continue;
    const auto given_back = held.begin() + static_cast<std::ptrdiff_t>(round % 9);
    check_untouched(*given_back);
    held.erase(given_back);
  }
  for (const cpu_simd::Memory& one : held) check_untouched(one);
  CHECK(cpu_simd::Memory(0).size() == 0);
}

TEST_CASE("a team covers every index once, round after round") {
  for (const std::size_t size : {1, 2, 3}) {
    cpu_simd::ThreadTeam team(size);
    for (std::size_t round = 0; round < 500; ++round) {
      const std::size_t count = round % 37;
      const std::size_t chunk = 1 + round % 5;
      std::vector<std::atomic<int>> visits(count);
      std::atomic<bool> in_range{true};
      std::atomic<bool> long_enough{true};
      const auto job = [&](std::size_t begin, std::size_t end, std::size_t worker) {
        if (worker >= size) in_range = false;
        if (end - begin < chunk && end != count) long_enough = false;
        for (std::size_t i = begin; i < end; ++i) ++visits[i];
      };
      team.for_ranges(count, chunk, job);
      team.for_shrinking_ranges(count, chunk, job);
      REQUIRE(in_range);
      REQUIRE(long_enough);
      REQUIRE(std::all_of(visits.begin(), visits.end(), [](const auto& n) { return n == 2; }));
    }
  }
}

namespace {

/// The implementations that whoever emulates another CPU expects there, "avx2 scalar"; null: this
/// is the machine's own CPU.
const char* expected_implementations() { return std::getenv("BITGATE_TEST_IMPLEMENTATIONS"); }

}  // namespace

TEST_CASE("CPU features are those that the system names") {
  if (expected_implementations() != nullptr) return;  // the system names those of its own CPU
  std::ifstream cpuinfo("/proc/cpuinfo");
  std::string flags;
  for (std::string line; std::getline(cpuinfo, line);) {
    if (line.starts_with("flags") || line.starts_with("Features")) flags = line + " ";
  }
  REQUIRE_FALSE(flags.empty());
  const std::map<std::string, std::string> names = {{"AVX2", "avx2"},
                                                    {"FMA", "fma"},
                                                    {"F16C", "f16c"},
                                                    {"AVX-512 F", "avx512f"},
                                                    {"AVX-512 BW", "avx512bw"},
                                                    {"AVX-512 VL", "avx512vl"},
                                                    {"AVX-512 VNNI", "avx512_vnni"},
                                                    {"AVX-512 VBMI", "avx512vbmi"},
                                                    {"AVX-512 BF16", "avx512_bf16"},
                                                    {"NEON", "asimd"},
                                                    {"NEON dot product", "asimddp"}};
  for (const auto& [name, flag] : names) {
    CAPTURE(name);
    const bool known = flags.find(" " + flag + " ") != std::string::npos;
    CHECK(cpu_simd::missing_features({name}).empty() == known);
  }
  CHECK(cpu_simd::missing_features({"AVX-9000"}) == std::vector<std::string>{"AVX-9000"});
}

TEST_CASE("a CPU runs the implementations that it has the features for, and no other") {
  const char* expected = expected_implementations();
  if (expected == nullptr) return;
  std::string names;
  for (const cpu_simd::Implementation* on : usable()) {
    names += (names.empty() ? "" : " ") + on->name;
  }
  CHECK(names == expected);
  for (const cpu_simd::Implementation& implementation : cpu_simd::implementations()) {
    const std::string obstacle = implementation.obstacle();
    if (obstacle.empty()) continue;
    CAPTURE(obstacle);
    CHECK(obstacle.find("cpu/" + implementation.name + " needs ") == 0);
    CHECK(obstacle.find("this CPU or system lacks ") != std::string::npos);
  }
}

#if defined(__aarch64__)
TEST_CASE("dot products change nothing about floats") {
  // Which is why an emulated CPU with dot products skips what is [floats].
  CHECK(cpu_simd::find("neon-dotprod")->kernels.floats == cpu_simd::find("neon")->kernels.floats);
  CHECK(cpu_simd::find("neon-dotprod")->kernels.matmul_f16.run ==
        cpu_simd::find("neon")->kernels.matmul_f16.run);
  CHECK(cpu_simd::find("neon-dotprod")->kernels.matmul_bf16.run ==
        cpu_simd::find("neon")->kernels.matmul_bf16.run);
}
#endif

TEST_CASE("the best implementation is the first that may and can run") {
  const auto& all = cpu_simd::implementations();
  CHECK(all.back().name == "scalar");
  CHECK(all.back().obstacle().empty());
  CHECK(cpu_simd::best(all.back()).name == "scalar");
  CHECK(&cpu_simd::best(all.front()) == usable().front());
  CHECK(cpu_simd::find("avx9000") == nullptr);
}

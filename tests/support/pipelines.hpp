// Pipelines for tests: small, complete, with the backends under test put in.
#pragma once

#include <string>
#include <vector>

namespace bitgate::test {

/// A pipeline over zoo devices ("correct" -> backend `correct` on device zoo/correct) with a
/// 128x256 i2_s matmul, plus whatever `gates` says (YAML list items, two spaces of indentation).
std::string zoo_pipeline(const std::string& plugin, const std::vector<std::string>& devices,
                         const std::string& gates,
                         const std::string& limits = "{step: 60s, memory: 256MiB}");

/// A pipeline over the CPU plugin as `simd` and, with one device forced, `scalar`, over these
/// suites (YAML, two spaces of indentation), sampled briefly, with gates on exact outputs and
/// weights.
std::string cpu_pipeline(const std::string& suites);

/// A pipeline of one product of 320x256 i2_s weights on the CPU plugin as `simd` and `scalar`, on
/// one thread, hot, in these batches ("1", "[1, 3]") for at most this long, plus whatever `gates`
/// says beside the exact one.
std::string arms_pipeline(const std::string& batches, const std::string& max_time,
                          const std::string& gates);

/// "batch=1,2,3,…" up to `count`: an axis for as many cases.
std::string many_batches(int count);

/// "- {id: exact, metric: output.mismatches, require: \"== 0\"}" and nothing else.
inline const std::string kExactGate =
    "  - {id: exact, metric: output.mismatches, require: \"== 0\"}\n";

}  // namespace bitgate::test

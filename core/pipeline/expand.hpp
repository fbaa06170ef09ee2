// Axes to cases.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/pipeline.hpp"

namespace bitgate {

/// One point of a suite's axes on one backend.
struct Case {
  std::string id;  ///< "kernels/shape=2560x2560/format=i2_s/batch=1/threads=all/cache=cold@simd"
  const SuiteSpec* suite = nullptr;      ///< of the pipeline that was expanded
  const BackendSpec* backend = nullptr;  ///< likewise
  Shape shape;                           ///< not of op generate, as batch and cache
  std::string format;
  std::uint64_t batch = 1;
  unsigned threads = 0;  ///< 0: all
  Cache cache = Cache::kCold;
  std::string benchmark = {};  ///< of op benchmark, which has none of the above but the backend
  std::string machine = {};    ///< its kind, where receipts of several are put together

  /// Axis name and value in the order of the id.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> axes() const;
};

/// Values of axes as ids have them: "2560x6912", "all", "cold".
std::string text_of(const Shape& shape);
std::string threads_text(unsigned threads);
std::string text_of(Cache cache);

/// All cases in run order: suites as written; within a suite the axes nest in the order of the id,
/// the backend innermost, so that what is compared runs side by side.
std::vector<Case> expand(const Pipeline& pipeline);

/// The id that a case has on one of several kinds of machines: with the axis machine, the last.
std::string id_on_machine(const std::string& id, const std::string& machine);

/// All cases on each of these kinds of machines, one after the other; without kinds, as they are.
std::vector<Case> on_machines(std::vector<Case> cases, const std::vector<std::string>& machines);

/// Those whose id contains `filter`, or matches it if it has the wildcards * or ?.
std::vector<Case> filtered(std::vector<Case> cases, const std::string& filter);

}  // namespace bitgate

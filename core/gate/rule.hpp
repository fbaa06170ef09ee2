// A gate as the pipeline states it.
#pragma once

#include <limits>
#include <map>
#include <optional>
#include <string>

namespace bitgate {

/// What the number in `require` speaks about.
enum class RequireKind {
  kValue,   ///< the metric itself, in its own unit: "<= 250us", "== 0", ">= 50%"
  kRatio,   ///< this case's value / the other arm's: ">= 1.5x", "2x..10x"
  kChange,  ///< this case's value / the other arm's - 1: "<= +5%", ">= -1%"
};

/// min <= value <= max; "==" sets both. Values of kValue are in base units: ns, bytes/s … see
/// units.hpp; shares and changes are fractions (5% = 0.05).
struct Requirement {
  RequireKind kind = RequireKind::kValue;
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  std::string unit;  ///< metric unit that the text implies: "ns", "GB/s", "1"; empty: any
  std::string text;  ///< as written
};

/// What a gate does where a matching case, its other arm or its metric was not measured.
enum class OnMissing {
  kBlock,  ///< default: the gate is skipped with the reason, and the verdict can't be pass
  kSkip,   ///< skipped with the reason, and the verdict does not mind
  kFail,
};

struct Rule {
  std::string id;
  std::string metric;                          ///< "compute.throughput"
  std::map<std::string, std::string> where;    ///< "suite", "backend" or an axis -> value
  std::map<std::string, std::string> against;  ///< the other arm: same case with these replaced
  Requirement require;
  std::string target;          ///< name of the documented number that `require` is; empty: its own
  std::string missing_target;  ///< why `require` is not known; empty: it is
  bool required = true;
  OnMissing on_missing = OnMissing::kBlock;
  bool no_fallback = false;  ///< a covered case whose backend fell back, or had to, fails
};

}  // namespace bitgate

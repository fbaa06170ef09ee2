// What a result's metrics say that does not follow from its samples: read back, to derive all
// others again.
#pragma once

#include <cstdint>
#include <limits>

#include "receipt/receipt.hpp"
#include "run/stages.hpp"

namespace bitgate {

class RecordedMetrics {
 public:
  /// `result` must outlive it.
  explicit RecordedMetrics(const CaseResult& result) : result_(result) {}

  /// Whether the metric is there, and not missing for this reason.
  [[nodiscard]] bool has(const char* name, const char* missing) const {
    const Metric* metric = find(name);
    return metric != nullptr && metric->reason != missing;
  }
  /// NaN if it has none.
  [[nodiscard]] double value(const char* name) const {
    const Metric* metric = find(name);
    return metric != nullptr && metric->value ? *metric->value
                                              : std::numeric_limits<double>::quiet_NaN();
  }
  /// 0 where it is no count.
  [[nodiscard]] std::uint64_t count(const char* name) const {
    const double number = value(name);
    return number > 0 && number < 0x1p53 ? static_cast<std::uint64_t>(number) : 0;
  }
  [[nodiscard]] QuantizeCheck weights() const {
    return {count("quantize.mismatches"), value("quantize.nmse"), value("quantize.cosine"),
            value("quantize.max_abs")};
  }

 private:
  [[nodiscard]] const Metric* find(const char* name) const {
    const auto found = result_.metrics.find(name);
    return found == result_.metrics.end() ? nullptr : &found->second;
  }

  const CaseResult& result_;
};

}  // namespace bitgate

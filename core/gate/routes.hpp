// Where a verdict sends the change.
#pragma once

#include <string>
#include <string_view>

namespace bitgate {

struct Routes {
  std::string pass = "FINALIZE → quality-finalizer";
  std::string fail = "NEXT → code-refiner";
  std::string retry = "NEXT → self";
  // After a fail of one kind; empty: as `fail`, and after trouble with tools as `retry`.
  std::string accuracy = {};
  std::string speed = {};
  std::string tooling = {};

  [[nodiscard]] const std::string& after_wrong_output() const {
    return accuracy.empty() ? fail : accuracy;
  }
  [[nodiscard]] const std::string& after_tooling() const {
    return tooling.empty() ? retry : tooling;
  }
  /// After a failed gate over this metric: what is computed or encoded is a matter of accuracy,
  /// how long it takes one of speed.
  [[nodiscard]] const std::string& after_fail_of(std::string_view metric) const {
    const bool timed = metric.ends_with(".time") || metric.ends_with(".rate");
    const bool about_values = metric.starts_with("output.") || metric.starts_with("quantize.");
    if (about_values && !timed) return after_wrong_output();
    return speed.empty() ? fail : speed;
  }
};

}  // namespace bitgate

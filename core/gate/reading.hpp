// Which cases a rule looks at, and the numbers that it finds there.
#pragma once

#include <optional>
#include <string>

#include "gate/rule.hpp"
#include "gate/three_way.hpp"
#include "receipt/receipt.hpp"

namespace bitgate {

/// Whether the rule's `where` fits the case.
bool covers(const Rule& rule, const CaseResult& result);

/// Whether `other` is `result` with the rule's replacements made. A case without a key that is to
/// be replaced has no other arm.
bool is_other_arm(const Rule& rule, const CaseResult& result, const CaseResult& other);

/// A number to judge, or why there is none.
struct Reading {
  std::optional<Evidence> evidence;
  Reason reason;
  GateStatus status = GateStatus::kSkipped;  ///< without evidence
};

Reading no_reading(const char* code, std::string detail);

/// A metric of a case, with what each of its stage's samples says of it if it is a time.
Reading read_metric(const std::string& name, const CaseResult& result);

/// The number in this metric, whatever it is worth: to be shown, not judged.
std::optional<double> shown_value(const std::string& name, const CaseResult& result);

/// As people write it: "52.4us", "76.3%", "1.5x", with a metric's unit, "x" for a ratio or "%" for
/// a change.
std::string show(double value, const std::string& unit);

}  // namespace bitgate

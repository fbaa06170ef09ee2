#include "pipeline/requirement.hpp"

#include <optional>

#include <fmt/format.h>

#include "pipeline/units.hpp"

namespace bitgate {
namespace {

constexpr double kShareCap = 1.05;

/// A number with what its unit says about it.
struct Amount {
  double value = 0;
  RequireKind kind = RequireKind::kValue;
  std::string_view unit;  ///< metric unit; empty: a bare number
  bool signed_percent = false;
};

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::optional<Amount> parse_amount(std::string_view text) {
  if (text.ends_with('x')) {
    const auto value = parse_number(text.substr(0, text.size() - 1));
    return value ? std::optional(Amount{*value, RequireKind::kRatio, "x", false}) : std::nullopt;
  }
  if (const auto percent = parse_percent(text)) {
    const bool is_signed = text.front() == '+' || text.front() == '-';
    return Amount{*percent, is_signed ? RequireKind::kChange : RequireKind::kValue, "1", is_signed};
  }
  if (const auto time = parse_duration(text)) {
    return Amount{static_cast<double>(time->count()), RequireKind::kValue, "ns", false};
  }
  for (const std::string_view unit : {"GB/s", "Gop/s"}) {
    if (!text.ends_with(unit)) continue;
    const auto value = parse_number(trimmed(text.substr(0, text.size() - unit.size())));
    return value ? std::optional(Amount{*value, RequireKind::kValue, unit, false}) : std::nullopt;
  }
  const auto value = parse_number(text);
  return value ? std::optional(Amount{*value, RequireKind::kValue, "", false}) : std::nullopt;
}

class RequirementReader {
 public:
  RequirementReader(std::string_view text, const MetricInfo& metric, bool compared)
      : text_(text), metric_(metric), compared_(compared) {}

  ParsedRequirement read() {
    out_.requirement.text = std::string(text_);
    const std::string_view text = trimmed(text_);
    if (const std::size_t dots = text.find(".."); dots != std::string_view::npos) {
      read_range(trimmed(text.substr(0, dots)), trimmed(text.substr(dots + 2)));
    } else {
      read_comparison(text);
    }
    if (out_.error.empty()) check();
    return std::move(out_);
  }

 private:
  void read_range(std::string_view low, std::string_view high) {
    const auto min = parse_amount(low);
    if (!min) return fail_form();
    out_.requirement.min = min->value;
    take(*min);
    if (high.empty()) return;
    const auto max = parse_amount(high);
    if (!max || max->kind != min->kind || max->unit != min->unit) return fail_form();
    out_.requirement.max = max->value;
  }

  void read_comparison(std::string_view text) {
    const std::string_view sign = text.substr(0, 2);
    if (sign != "<=" && sign != ">=" && sign != "==") return fail_form();
    const auto amount = parse_amount(trimmed(text.substr(2)));
    if (!amount) return fail_form();
    if (sign != "<=") out_.requirement.min = amount->value;
    if (sign != ">=") out_.requirement.max = amount->value;
    take(*amount);
  }

  void take(const Amount& amount) {
    unit_ = amount.unit;
    out_.requirement.kind = amount.kind;
    out_.requirement.unit = amount.unit;
  }

  void check() {
    const Requirement& require = out_.requirement;
    const bool relative = require.kind != RequireKind::kValue;
    if (relative && !compared_) {
      return fail(fmt::format("'{}' compares, so the gate needs `against`, e.g. against: "
                              "{{backend: scalar}}",
                              text_));
    }
    if (!relative && compared_) {
      return fail(fmt::format("a gate with `against` takes a ratio such as \">= 1.5x\" or a change "
                              "such as \"<= +5%\", not '{}'",
                              text_));
    }
    if (!relative && !unit_.empty() && unit_ != metric_.unit) {
      return fail(fmt::format("'{}' does not fit {}, which is in {}", text_, metric_.name,
                              metric_.unit == "1" ? "shares (50%)" : metric_.unit));
    }
    if (!relative && unit_.empty() && metric_.unit != "1" && metric_.unit != "count") {
      return fail(fmt::format("'{}' lacks a unit; {} is in {}", text_, metric_.name, metric_.unit));
    }
    if (require.min > require.max) {
      return fail(fmt::format("'{}' can't be met: its lower end is above its upper end", text_));
    }
    if (metric_.name == "compute.ceiling" && require.min > kShareCap) {
      return fail(fmt::format("'{}' can't be met: more than 105% of a ceiling is a fault in the "
                              "measurement; ask for at most 100%",
                              text_));
    }
    const bool never_negative = !relative || require.kind == RequireKind::kRatio;
    if (never_negative && require.max < 0) {
      fail(fmt::format("'{}' can't be met: {} is never negative", text_, metric_.name));
    }
  }

  void fail_form() {
    fail(fmt::format("'{}' is no requirement; write e.g. \"<= 250us\", \">= 1.5x\", \"<= +5%\", "
                     "\">= 50%\", \"== 0\" or \"2x..10x\"",
                     text_));
  }
  void fail(std::string why) { out_.error = std::move(why); }

  std::string_view text_;
  const MetricInfo& metric_;
  bool compared_;
  std::string_view unit_;
  ParsedRequirement out_;
};

}  // namespace

ParsedRequirement parse_requirement(std::string_view text, const MetricInfo& metric,
                                    bool compared) {
  return RequirementReader(text, metric, compared).read();
}

}  // namespace bitgate

#include "pipeline/requirement.hpp"

#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "pipeline/diagnostics.hpp"
#include "pipeline/units.hpp"

namespace bitgate {
namespace {

/// A number with what its unit says about it.
struct Amount {
  double value = 0;
  RequireKind kind = RequireKind::kValue;
  std::string_view unit;  ///< metric unit; empty: a bare number
};

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::optional<Amount> parse_amount(std::string_view text) {
  if (const auto ratio = parse_ratio(text)) return Amount{*ratio, RequireKind::kRatio, "x"};
  if (const auto percent = parse_percent(text)) {
    // A sign makes the difference: 5% is a share, +5% a change.
    const bool is_signed = text.front() == '+' || text.front() == '-';
    return Amount{*percent, is_signed ? RequireKind::kChange : RequireKind::kValue, "1"};
  }
  if (const auto time = parse_nanoseconds(text)) return Amount{*time, RequireKind::kValue, "ns"};
  for (const std::string_view unit : {"GB/s", "Gop/s", "tokens/s", "items/s"}) {
    if (!text.ends_with(unit)) continue;
    const auto value = parse_number(trimmed(text.substr(0, text.size() - unit.size())));
    if (value) return Amount{*value, RequireKind::kValue, unit};
  }
  if (const auto size = parse_size(text)) {
    return Amount{static_cast<double>(*size), RequireKind::kValue, "bytes"};
  }
  if (const auto value = parse_number(text)) return Amount{*value, RequireKind::kValue, ""};
  return std::nullopt;
}

/// "ns" as users write it in a requirement.
std::string_view example_of(const MetricInfo& metric) {
  if (metric.unit == "ns") return "times, e.g. 250us";
  if (metric.unit == "GB/s") return "GB/s, e.g. 20GB/s";
  if (metric.unit == "Gop/s") return "Gop/s, e.g. 100Gop/s";
  if (metric.unit == "tokens/s") return "tokens/s, e.g. 7tokens/s";
  if (metric.unit == "items/s") return "items/s, e.g. 1e9items/s";
  if (metric.unit == "bytes") return "sizes, e.g. 512MiB";
  if (metric.unit == "count") return "plain counts, e.g. 0";
  return "shares, e.g. 50% or 1e-6";
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
      return fail(
          fmt::format("{} compares two cases; add `against`, e.g. {{backend: scalar}}, or "
                      "ask for {}",
                      in_quotes(text_), example_of(metric_)));
    }
    if (!relative && compared_) {
      return fail(
          fmt::format("{} does not compare, but the gate has `against`; ask for a ratio, "
                      "e.g. \">= 1.5x\", or a signed change, e.g. \"<= +5%\"",
                      in_quotes(text_)));
    }
    if (!relative && !unit_.empty() && unit_ != metric_.unit) return fail_unit("does not fit");
    if (!relative && unit_.empty() && metric_.unit != "1" && metric_.unit != "count") {
      return fail_unit("has no unit that fits");
    }
    check_possible();
  }

  void check_possible() {
    const Requirement& require = out_.requirement;
    if (require.min > require.max) {
      return fail(fmt::format("{} can't be met: its lower end is above its upper end; swap them",
                              in_quotes(text_)));
    }
    if (require.kind == RequireKind::kValue && metric_.name.ends_with(".ceiling") &&
        require.min > 1) {
      return fail(
          fmt::format("{} can't be met: a share of the ceiling is at most 100%; ask for "
                      "less",
                      in_quotes(text_)));
    }
    const double least = require.kind == RequireKind::kChange ? -1 : 0;
    if (require.max < least) {
      return fail(fmt::format("{} can't be met: {} is never negative; ask for more",
                              in_quotes(text_), metric_.name));
    }
    if (require.kind == RequireKind::kValue && metric_.statistic == "count" &&
        require.min == require.max && require.min != std::floor(require.min)) {
      fail(fmt::format("{} can't be met: {} is a whole number; ask for one", in_quotes(text_),
                       metric_.name));
    }
  }

  void fail_unit(const char* how) {
    fail(fmt::format("{} {} {}; write {}", in_quotes(text_), how, metric_.name,
                     example_of(metric_)));
  }
  void fail_form() {
    fail(
        fmt::format("{} is not a requirement; write e.g. \"<= 250us\", \">= 20GB/s\", "
                    "\">= 50%\", \"== 0\", or with `against` \">= 1.5x\", \"<= +5%\" or "
                    "\"2x..10x\"",
                    in_quotes(text_)));
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

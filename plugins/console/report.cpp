#include "report.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "generation.hpp"
#include "table.hpp"
#include "text.hpp"
#include "values.hpp"

namespace console {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBar = 8;

class Report {
 public:
  Report(const Json& receipt, const Style& style) : receipt_(receipt), style_(style) {}

  std::string text() {
    std::string out = head();
    for (const std::string& suite : suites()) out += "\n" + table(suite);
    out += failures();
    if (!receipt_.at("gates").empty()) out += "\n" + gates();
    return out + "\n" + verdict();
  }

 private:
  [[nodiscard]] std::string fact(const char* name) const {
    const auto& facts = receipt_.at("environment").at("facts");
    const auto found = facts.find(name);
    return found == facts.end() ? "" : text_of(*found);
  }

  [[nodiscard]] std::string head() const {
    const Json& pipeline = receipt_.at("pipeline");
    const Json& tool = receipt_.at("tool");
    std::string out = style_.bold(text_of(pipeline.at("name"))) + style_.separator() +
                      text_of(pipeline.at("gate")) + "\n";
    std::string machine = fact("cpu.model");
    const std::string cores = fact("cpu.cores");
    if (!cores.empty()) machine += ", " + cores + (cores == "1" ? " core" : " cores");
    machine += style_.separator() + "bitgate " + text_of(tool.at("version")) + " (" +
               text_of(tool.at("git")) + ")";
    for (const auto& [threads, ceilings] : receipt_.at("ceilings").items()) {
      machine += "\n" + threads + (threads == "1" ? " thread" : " threads") + " can read " +
                 rate_text(ceilings.at("read_bandwidth").at("value").get<double>() / 1e9, "GB/s") +
                 " and do " +
                 rate_text(2 * ceilings.at("int8_peak").at("value").get<double>() / 1e9, "Gop/s") +
                 " in int8";
    }
    out += style_.dim(machine) + "\n";
    if (const std::string about = context(); !about.empty()) out += style_.dim(about) + "\n";
    for (const Json& warning : receipt_.at("environment").at("warnings")) {
      out += style_.yellow("warning: " + text_of(warning)) + "\n";
    }
    return out;
  }

  /// What the run is about, and what of that is not known.
  [[nodiscard]] std::string context() const {
    constexpr std::size_t kMost = 60;
    constexpr std::size_t kDigits = 12;
    const auto found = receipt_.find("context");
    if (found == receipt_.end()) return "";
    std::string known;
    std::string unknown;
    for (const char* name : {"repository", "commit", "branch", "pull_request", "issue", "scope"}) {
      const Json& value = found->at(name).at("value");
      std::string text = value.is_string() ? value.get<std::string>() : "";
      for (const Json& one : value.is_array() ? value : Json::array()) {
        text += (text.empty() ? "" : " ") + one.get<std::string>();
      }
      if (std::string_view(name) == "commit") text.resize(std::min(text.size(), kDigits));
      std::string& list = value.is_null() ? unknown : known;
      std::string words = name;
      std::replace(words.begin(), words.end(), '_', ' ');
      list += (list.empty() ? "" : ", ") + words;
      if (value.is_null()) continue;
      list += " " + (text.empty() ? "nothing" : bitgate::shortened(printable(text), kMost));
    }
    return known + (unknown.empty() ? "" : (known.empty() ? "" : "; ") + ("not known: " + unknown));
  }

  [[nodiscard]] std::vector<std::string> suites() const {
    std::vector<std::string> names;
    for (const Json& result : receipt_.at("cases")) {
      const std::string name = result.at("suite");
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    return names;
  }

  [[nodiscard]] std::vector<const Json*> cases_of(const std::string& suite) const {
    std::vector<const Json*> out;
    for (const Json& result : receipt_.at("cases")) {
      if (result.at("suite") == suite) out.push_back(&result);
    }
    return out;
  }

  /// Axes with more than one value among these cases: the others say nothing in a table.
  static std::vector<std::string> varying(const std::vector<const Json*>& cases) {
    std::vector<std::string> order;
    std::map<std::string, std::set<std::string>> values;
    for (const Json* result : cases) {
      for (const auto& [axis, value] : result->at("axes").items()) {
        if (values[axis].empty()) order.push_back(axis);
        values[axis].insert(value.get<std::string>());
      }
    }
    std::erase_if(order, [&](const std::string& axis) { return values[axis].size() < 2; });
    return order;
  }

  /// The slowest time among the cases that differ only in their backend.
  static std::map<std::string, double> slowest(const std::vector<const Json*>& cases) {
    std::map<std::string, double> out;
    for (const Json* result : cases) {
      double& most = out[result->at("axes").dump()];
      most = std::max(most, metric(*result, "compute.time").value_or(0));
    }
    return out;
  }

  [[nodiscard]] std::string table(const std::string& suite) const {
    const std::vector<const Json*> cases = cases_of(suite);
    const std::vector<std::string> axes = varying(cases);
    const std::map<std::string, double> most = slowest(cases);
    std::vector<Column> columns;
    for (const std::string& axis : axes) columns.push_back({printable(axis), true, 0});
    columns.push_back({"backend", false, 0});
    const bool generating = std::any_of(cases.begin(), cases.end(),
                                        [](const Json* result) { return generates(*result); });
    const std::vector<Column> more = generating ? generation_columns() : product_columns();
    columns.insert(columns.end(), more.begin(), more.end());
    std::vector<Row> rows;
    std::string previous;
    for (const Json* result : cases) {
      const std::string point = result->at("axes").dump();
      rows.push_back(row(*result, axes, point == previous, most.at(point)));
      previous = point;
    }
    return style_.bold(printable(suite)) + "\n" + render(columns, rows, style_) +
           generation_notes(cases, style_);
  }

  [[nodiscard]] std::vector<Column> product_columns() const {
    return {{"load", true, 6},    {"quantize", true, 5},
            {"compute", true, 0}, {style_.unicode ? "±" : "+-", true, 3},
            {"", false, 7},       {"output", true, 6},
            {"rate", true, 1},    {"of ceiling", false, 2},
            {"kernel", false, 4}};
  }

  [[nodiscard]] Row row(const Json& result, const std::vector<std::string>& axes, bool same_point,
                        double slowest_ns) const {
    Row out;
    for (const std::string& axis : axes) {
      out.cells.push_back(same_point ? "" : text_of(result.at("axes").at(axis)));
    }
    out.cells.push_back(text_of(result.at("backend")));
    const std::optional<double> time = metric(result, "compute.time");
    if (!time) {
      out.bad = result.at("status") != "skipped";
      out.message = why_untimed(result);
      return out;
    }
    if (generates(result)) {
      const std::vector<std::string> cells = generation_cells(result, style_);
      out.cells.insert(out.cells.end(), cells.begin(), cells.end());
      return out;
    }
    out.cells.push_back(stage_time(result, "load"));
    out.cells.push_back(stage_time(result, "quantize"));
    out.cells.push_back(time_text(*time, style_.unicode));
    out.cells.push_back(spread(result, *time));
    out.cells.push_back(style_.bar(*time / slowest_ns, kBar));
    out.cells.push_back(stage_time(result, "output"));
    const auto rate = metric(result, "compute.throughput");
    out.cells.push_back(rate ? rate_text(*rate, "Gop/s") : "");
    const auto share = metric(result, "compute.ceiling");
    out.cells.push_back(share ? right(share_text(*share), 5) + " " + style_.bar(*share, kBar) : "");
    const Json& kernels = result.at("kernels");
    out.cells.push_back(kernels.empty() ? "" : text_of(kernels.front().at("name")));
    return out;
  }

  static std::string why_untimed(const Json& result) {
    const auto time = result.at("metrics").find("compute.time");
    const bool measured = result.at("status") == "measured";
    if (!measured || time == result.at("metrics").end() || !time->contains("reason")) {
      return printable(
          with_reason(raw_text(result.at("status")), first_line(raw_text(result.at("reason")))));
    }
    return "measured, but not timed: " + text_of(time->at("reason"));
  }

  [[nodiscard]] std::string stage_time(const Json& result, const char* stage) const {
    const auto found = result.at("stages").find(stage);
    if (found == result.at("stages").end() || !found->at("median_ns").is_number()) return "";
    return time_text(found->at("median_ns"), style_.unicode);
  }

  static std::string share_text(double share) {
    return share > 0 && share < 0.0005 ? "<0.1%" : percent_text(share);
  }

  /// Median absolute deviation, relative to the median.
  static std::string spread(const Json& result, double time) {
    const Json& mad = result.at("stages").at("compute").at("mad_ns");
    return mad.is_number() && time > 0 ? percent_text(mad.get<double>() / time) : "";
  }

  /// Faults in full: a table cell has no room for them.
  [[nodiscard]] std::string failures() const {
    std::string out;
    for (const Json& result : receipt_.at("cases")) {
      const std::string status = result.at("status");
      if (status != "error" && status != "fail") continue;
      out += "\n" + style_.red(status) + "  " + text_of(result.at("id")) + "\n" +
             wrapped_lines(result.at("reason"));
      const std::string tail = last_lines(result.at("stderr_tail"));
      if (!tail.empty()) out += style_.dim("  the plugin's last words:\n" + tail);
    }
    return out;
  }

  [[nodiscard]] std::string wrapped_lines(const Json& reason) const {
    std::string out;
    std::string rest = reason.is_string() ? reason.get<std::string>() : "";
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      out += wrapped(printable(rest.substr(0, end)), style_.columns, "  ");
      rest = end == std::string::npos ? "" : rest.substr(end + 1);
    }
    return out;
  }

  [[nodiscard]] std::string last_lines(const Json& tail) const {
    constexpr int kLines = 8;
    if (!tail.is_string()) return "";
    std::string text = tail.get<std::string>();
    while (!text.empty() && text.back() == '\n') text.pop_back();
    std::vector<std::string> lines;
    while (!text.empty() && lines.size() < kLines) {
      const std::size_t newline = text.rfind('\n');
      lines.push_back(text.substr(newline == std::string::npos ? 0 : newline + 1));
      text.resize(newline == std::string::npos ? 0 : newline);
    }
    std::string out;
    std::reverse(lines.begin(), lines.end());
    for (const std::string& line : lines) {
      out += "    " + cut(printable(line), style_.columns - 4, style_.unicode) + "\n";
    }
    return out;
  }

  [[nodiscard]] std::string symbol(const Json& gate) const {
    const std::string status = gate.at("status");
    if (status == "pass") return style_.green(style_.unicode ? "✓" : "+");
    if (status == "fail") return style_.red(style_.unicode ? "✗" : "x");
    const bool unsure = text_of(gate.at("reason")).starts_with("inconclusive");
    return style_.yellow(unsure ? "?" : (style_.unicode ? "–" : "-"));
  }

  static std::string value_text(double value, const std::string& unit, bool unicode) {
    if (unit == "x") return number_text(value) + "x";
    if (unit == "%") return (value > 0 ? "+" : "") + percent_text(value);
    if (unit == "ns") return time_text(value, unicode);
    if (unit == "1") return value >= 0.001 ? percent_text(value) : number_text(value);
    if (unit == "count") return number_text(value);
    return rate_text(value, unit);
  }

  [[nodiscard]] std::string gates() const {
    std::size_t ids = 0;
    std::size_t rules = 0;
    std::size_t values = 0;
    for (const Json& gate : receipt_.at("gates")) {
      ids = std::max(ids, width(text_of(gate.at("id"))));
      rules = std::max(rules, width(rule(gate)));
      values = std::max(values, width(outcome(gate)));
    }
    std::string out = style_.bold("gates") + "\n";
    for (const Json& gate : receipt_.at("gates")) {
      out += "  " + symbol(gate) + " " + left(text_of(gate.at("id")), ids) + "  " +
             left(rule(gate), rules) + "  " + left(outcome(gate), values) + "  " +
             style_.dim("(" + coverage(gate) + ")") + "\n";
      if (gate.at("reason").is_string()) out += wrapped_reason(gate);
    }
    return out;
  }

  /// Its value, or its status if it has none.
  [[nodiscard]] std::string outcome(const Json& gate) const {
    if (!gate.at("value").is_number()) return text_of(gate.at("status"));
    const std::string unit = gate.at("unit");
    const std::string value = value_text(gate.at("value"), unit, style_.unicode);
    const Json& interval = gate.at("interval");
    if (interval.is_null()) return value;
    const std::string low = value_text(interval.at(0), unit, style_.unicode);
    const std::string high = value_text(interval.at(1), unit, style_.unicode);
    if (low == value && high == value) return value;
    return value + " (" + low + (style_.unicode ? "…" : "..") + high + ")";
  }

  /// How many cases the gate's word and value stand for.
  static std::string coverage(const Json& gate) {
    const Json& cases = gate.at("cases");
    const auto judged = std::count_if(
        cases.begin(), cases.end(), [](const Json& one) { return one.at("status") != "skipped"; });
    const std::string all =
        number_text(static_cast<double>(cases.size())) + (cases.size() == 1 ? " case" : " cases");
    std::string out = judged > 1 ? "worst of " : "";
    const bool partly = judged > 0 && static_cast<std::size_t>(judged) < cases.size();
    out += partly ? number_text(static_cast<double>(judged)) + " judged of " + all : all;
    return out + (gate.at("required").get<bool>() ? "" : ", not required");
  }

  [[nodiscard]] std::string wrapped_reason(const Json& gate) const {
    const std::string why = gate.at("reason").get<std::string>();
    return wrapped(printable(first_line(why)), style_.columns, "      ");
  }

  static std::string rule(const Json& gate) {
    return text_of(gate.at("metric")) + " " + text_of(gate.at("require"));
  }

  [[nodiscard]] std::string verdict() const {
    const Json& verdict = receipt_.at("verdict");
    const std::string status = verdict.at("status");
    std::string word = status == "pass" ? "PASS" : (status == "fail" ? "FAIL" : "SKIPPED");
    word = status == "pass" ? style_.green(word)
                            : (status == "fail" ? style_.red(word) : style_.yellow(word));
    std::size_t measured = 0;
    for (const Json& result : receipt_.at("cases")) measured += result.at("status") == "measured";
    const std::size_t cases = receipt_.at("cases").size();
    std::string line = style_.bold(word) + "  " + text_of(receipt_.at("pipeline").at("gate")) +
                       style_.separator() + number_text(static_cast<double>(measured)) + " of " +
                       number_text(static_cast<double>(cases)) + " cases measured" +
                       style_.separator() + text_of(verdict.at("route")) + "\n";
    if (verdict.at("reason").is_string()) {
      const std::string why = verdict.at("reason").get<std::string>();
      line += wrapped(printable(first_line(why)), style_.columns, "  ");
    }
    return line;
  }

  const Json& receipt_;
  const Style& style_;
};

}  // namespace

std::string report(const Json& receipt, const Style& style) {
  return Report(receipt, style).text();
}

}  // namespace console

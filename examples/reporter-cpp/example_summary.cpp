// A complete reporter: progress while the run goes on, then one line for each case and the verdict.
#include <bitgate/atomic_file.hpp>
#include <bitgate/reporter.hpp>

#include <algorithm>
#include <cmath>
#include <string>

#include <nlohmann/json.hpp>

namespace {

using namespace bitgate;
using Json = nlohmann::json;

/// A text on one line, or "" where the receipt has null: what plugins say can't forge lines.
std::string text(const Json& value) {
  std::string line = value.is_null() ? "" : value.get<std::string>();
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }, ' ');
  return line;
}

/// "measured  kernels/batch=1@mine  12 us", with what is known of the case.
std::string line_of(const Json& result) {
  std::string line = text(result.at("status")) + "  " + text(result.at("id"));
  const Json& metrics = result.at("metrics");
  if (metrics.contains("compute.time") && !metrics["compute.time"]["value"].is_null()) {
    const double ns = metrics["compute.time"]["value"].get<double>();
    line.append("  ").append(std::to_string(std::lround(ns / 1000))).append(" us");
  }
  const std::string reason = text(result.at("reason"));
  return line + (reason.empty() ? "" : "  (" + reason + ")") + "\n";
}

class SummaryReporter : public Reporter {
 public:
  static constexpr std::string_view kDescription = R"({
    "title": "One line for each case, and the verdict",
    "options": {"type": "object", "additionalProperties": false, "properties": {
      "path": {"type": "string", "default": "-", "description": "file to write, or - for stdout"}}}})";

  SummaryReporter(Host host, std::string_view options) : host_(host) {
    const Json given = Json::parse(options);
    for (const auto& [name, value] : given.items()) {
      if (name != "path" || !value.is_string()) {
        throw Error(BG_INVALID_ARGUMENT, "the one option is path, a text; not " + name);
      }
      path_ = value.get<std::string>();
    }
  }

  void begin(std::string_view plan) override {
    const Json document = Json::parse(plan);
    host_.log(BG_LOG_INFO, std::to_string(document.at("cases").size()) + " cases");
  }

  void event(std::string_view event) override {
    const Json document = Json::parse(event);
    if (document.at("event") != "case-started") return;
    const std::string number = std::to_string(document.at("index").get<int>() + 1);
    host_.write(BG_STDERR, "case " + number + " of " + document.at("total").dump() + "\n");
  }

  void finish(std::string_view receipt) override {
    const Json document = Json::parse(receipt);
    std::string summary;
    for (const Json& result : document.at("cases")) summary += line_of(result);
    const Json& verdict = document.at("verdict");
    const std::string reason = text(verdict.at("reason"));
    summary +=
        "verdict: " + text(verdict.at("status")) + (reason.empty() ? "" : ", " + reason) + "\n";
    if (path_ == "-") {
      host_.write(BG_STDOUT, summary);
    } else {
      write_file_atomically(path_, summary);
    }
  }

 private:
  Host host_;
  std::string path_ = "-";
};

}  // namespace

BITGATE_REPORTER(example_summary, BITGATE_PLUGIN_ID, BITGATE_PLUGIN_VERSION, SummaryReporter)

// The reporter "export": a run as a document of another benchmarking tool.
#include <bitgate/report_file.hpp>
#include <bitgate/reporter.hpp>

#include <optional>
#include <string>
#include <vector>

#include "rows.hpp"

namespace {

using exporting::Json;

class ExportReporter : public bitgate::Reporter {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "The numbers for another tool: its JSON", "options": {"type": "object",)"
      R"( "required": ["format", "path"], "additionalProperties": false, "properties": {)"
      R"( "format": {"enum": ["google-benchmark", "hyperfine", "llama-bench", "bencher",)"
      R"( "github-action-benchmark"], "description": "the tool that reads it"},)"
      R"( "path": {"type": "string", "minLength": 1, "description":)"
      R"( "file to write, or - for stdout"}, "better": {"enum": ["lower", "higher"], "default":)"
      R"( "lower", "description": "of github-action-benchmark: only metrics of which the lower,)"
      R"( or the higher, is better; its tool is customSmallerIsBetter or customBiggerIsBetter"}}}})";

  ExportReporter(bitgate::Host host, std::string_view options) : host_(host) {
    const Json given = Json::parse(options);
    std::string path;
    for (const auto& [name, value] : given.items()) {
      if (name != "format" && name != "path" && name != "better") {
        fail("unknown option '" + name + "'; it has: format, path, better");
      }
      if (!value.is_string()) fail("option " + name + " must be text");
      (name == "format" ? format_ : name == "path" ? path : better_) = value.get<std::string>();
    }
    if (path.empty()) fail("option path is missing; write options: {path: times.json, …}");
    if (interop::find_format(format_) == nullptr) {
      std::string known;
      for (const interop::Format& format : interop::formats()) {
        known += (known.empty() ? "" : ", ") + std::string(format.name);
      }
      fail("option format is '" + format_ + "'; it is one of " + known);
    }
    const bool one_way = format_ == "github-action-benchmark";
    if (!better_.empty() && !one_way) fail("option better belongs to github-action-benchmark");
    if (better_.empty() && one_way) better_ = "lower";
    if (one_way && better_ != "lower" && better_ != "higher") {
      fail("option better is 'lower' or 'higher'");
    }
    file_.emplace(host, path, "the export");
  }

  void finish(std::string_view receipt) override {
    const Json document = Json::parse(receipt);
    const std::size_t missing = exporting::unmeasured(document);
    if (missing == document.at("cases").size()) {
      host_.log(BG_LOG_WARNING, "export: nothing was measured: the document has no numbers");
    } else if (missing > 0 && format_ != "google-benchmark") {
      host_.log(BG_LOG_WARNING, "export: " + std::to_string(missing) +
                                    " cases that were not measured are not in the document");
    }
    file_->write(text_of(document));
  }

 private:
  [[noreturn]] static void fail(const std::string& message) {
    throw bitgate::Error(BG_INVALID_ARGUMENT, "export: " + message);
  }

  [[nodiscard]] std::string text_of(const Json& receipt) const {
    if (format_ == "bencher") return interop::bencher_text(exporting::values_of(receipt, ""));
    if (format_ == "github-action-benchmark") {
      return interop::github_action_text(exporting::values_of(receipt, better_));
    }
    const interop::Origin origin = exporting::origin_of(receipt);
    if (format_ == "llama-bench") {
      return interop::llama_bench_text(origin, exporting::phases_of(receipt));
    }
    const std::vector<interop::Series> series = exporting::series_of(receipt);
    return format_ == "hyperfine" ? interop::hyperfine_text(series)
                                  : interop::google_benchmark_text(origin, series);
  }

  bitgate::Host host_;
  std::optional<bitgate::ReportFile> file_;
  std::string format_;
  std::string better_;
};

}  // namespace

BITGATE_REPORTER(export_reporter, "export", "0.1.0", ExportReporter)

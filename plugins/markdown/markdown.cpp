// The reporter "markdown": a run as the summary of a job or the body of a comment.
#include <bitgate/report_file.hpp>
#include <bitgate/reporter.hpp>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "digest.hpp"
#include "document.hpp"
#include "trend.hpp"

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSummary = "GITHUB_STEP_SUMMARY";

class MarkdownReporter : public bitgate::Reporter {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "The verdict, gates and cases as Markdown", "trends": true, "options": {"type": "object",)"
      R"( "additionalProperties": false, "properties": {"path": {"type": "string",)"
      R"( "minLength": 1, "description": "file to write, or - for stdout", "default": "-"},)"
      R"( "step_summary": {"type": "boolean", "default": false, "description":)"
      R"( "append to the file that GITHUB_STEP_SUMMARY names; without path, nowhere else"}}}})";

  MarkdownReporter(bitgate::Host host, std::string_view options) {
    const Json given = Json::parse(options);
    std::optional<std::string> path;
    bool step_summary = false;
    for (const auto& [name, value] : given.items()) {
      if (name == "path") {
        if (!value.is_string() || value.get<std::string>().empty()) {
          fail("markdown: option path must be the name of a file, or -");
        }
        path = value.get<std::string>();
      } else if (name == "step_summary") {
        if (!value.is_boolean()) fail("markdown: option step_summary must be true or false");
        step_summary = value.get<bool>();
      } else {
        fail("markdown: unknown option '" + name + "'; it has: path, step_summary");
      }
    }
    if (step_summary) {
      const char* summary = std::getenv(kSummary);
      if (summary == nullptr || *summary == '\0') {
        fail(
            "markdown: step_summary is true, but GITHUB_STEP_SUMMARY is not set: outside of "
            "GitHub Actions, write path instead");
      }
      summary_ = summary;
    }
    if (path || !step_summary) file_.emplace(host, path.value_or("-"), "the Markdown");
  }

  void finish(std::string_view receipt) override {
    const Json document = Json::parse(receipt);
    // The digest is that of the file which the reporter json writes.
    const std::string text =
        document.at("schema") == "bitgate.trend/1"
            ? markdown::trend(document)
            : markdown::document(document, markdown::sha256(document.dump(2) + "\n"));
    if (file_) file_->write(text);
    if (!summary_.empty()) append(text);
  }

 private:
  [[noreturn]] static void fail(const std::string& message) {
    throw bitgate::Error(BG_INVALID_ARGUMENT, message);
  }

  /// Other steps of the job have written before, and later ones will.
  void append(const std::string& text) const {
    std::ofstream out(summary_, std::ios::binary | std::ios::app);
    out << text << "\n";
    out.close();
    if (!out) {
      throw bitgate::Error(BG_UNAVAILABLE, "the summary can't be appended to " + summary_ +
                                               ", which GITHUB_STEP_SUMMARY names");
    }
  }

  std::optional<bitgate::ReportFile> file_;
  std::string summary_;
};

}  // namespace

BITGATE_REPORTER(markdown, "markdown", "0.1.0", MarkdownReporter)

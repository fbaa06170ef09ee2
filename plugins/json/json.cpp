// The reporter "json": the receipt as a file.
#include <bitgate/report_file.hpp>
#include <bitgate/reporter.hpp>

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace {

using Json = nlohmann::ordered_json;

class JsonReporter : public bitgate::Reporter {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "The receipt as a JSON file", "trends": true, "options": {"type": "object",)"
      R"( "required": ["path"], "additionalProperties": false, "properties": {"path":)"
      R"( {"type": "string", "minLength": 1, "description": "file to write, or - for stdout"}}}})";

  JsonReporter(bitgate::Host host, std::string_view options) {
    std::string path;
    const Json given = Json::parse(options);
    for (const auto& [name, value] : given.items()) {
      if (name != "path") fail("json: unknown option '" + name + "'; it has: path");
      if (!value.is_string()) fail("json: option path must be text");
      path = value.get<std::string>();
    }
    if (path.empty()) fail("json: option path is missing; write options: {path: receipt.json}");
    file_.emplace(host, path, "the receipt");
  }

  /// The file always holds what is known: a run that is killed leaves its last checkpoint, which
  /// says that it was interrupted, and not the receipt of an earlier run.
  void event(std::string_view event) override {
    const Json document = Json::parse(event);
    if (document.at("event") == "checkpoint" && !file_->is_stdout()) {
      file_->write(text_of(document.at("receipt")));
    }
  }

  void finish(std::string_view receipt) override { file_->write(text_of(Json::parse(receipt))); }

 private:
  static std::string text_of(const Json& receipt) { return receipt.dump(2) + "\n"; }

  [[noreturn]] static void fail(const std::string& message) {
    throw bitgate::Error(BG_INVALID_ARGUMENT, message);
  }

  std::optional<bitgate::ReportFile> file_;
};

}  // namespace

BITGATE_REPORTER(json, "json", "0.1.0", JsonReporter)

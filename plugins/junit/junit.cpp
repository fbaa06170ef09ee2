// The reporter "junit": a run as JUnit XML, for CI systems that show test results.
#include <bitgate/report_file.hpp>
#include <bitgate/reporter.hpp>

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "document.hpp"

namespace {

using Json = nlohmann::ordered_json;

class JunitReporter : public bitgate::Reporter {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "JUnit XML: a test case for the verdict, each gate and each case", "options":)"
      R"( {"type": "object", "required": ["path"], "additionalProperties": false, "properties":)"
      R"( {"path": {"type": "string", "minLength": 1,)"
      R"( "description": "file to write, or - for stdout"}}}})";

  JunitReporter(bitgate::Host host, std::string_view options) {
    std::string path;
    const Json given = Json::parse(options);
    for (const auto& [name, value] : given.items()) {
      if (name != "path") fail("junit: unknown option '" + name + "'; it has: path");
      if (!value.is_string()) fail("junit: option path must be text");
      path = value.get<std::string>();
    }
    if (path.empty()) fail("junit: option path is missing; write options: {path: junit.xml}");
    file_.emplace(host, path, "the JUnit XML");
  }

  void finish(std::string_view receipt) override {
    file_->write(junit::document(Json::parse(receipt)));
  }

 private:
  [[noreturn]] static void fail(const std::string& message) {
    throw bitgate::Error(BG_INVALID_ARGUMENT, message);
  }

  std::optional<bitgate::ReportFile> file_;
};

}  // namespace

BITGATE_REPORTER(junit, "junit", "0.1.0", JunitReporter)

// A reporter that keeps every document it is given, one a line.
#include <bitgate/reporter.hpp>

#include <fstream>

#include <nlohmann/json.hpp>

namespace {

class DocumentsReporter : public bitgate::Reporter {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "Documents", "options": {"type": "object", "additionalProperties": false,)"
      R"( "required": ["path"], "properties": {"path": {"type": "string"}}}})";

  DocumentsReporter(bitgate::Host, std::string_view options)
      : file_(nlohmann::json::parse(options).at("path").get<std::string>()) {}

  void begin(std::string_view plan) override { file_ << plan << '\n'; }
  void event(std::string_view event) override { file_ << event << '\n'; }
  void finish(std::string_view receipt) override { file_ << receipt << std::endl; }

 private:
  std::ofstream file_;
};

}  // namespace

BITGATE_REPORTER(documents, "documents", "1.0.0", DocumentsReporter)

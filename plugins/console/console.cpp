// The reporter "console": a run for people, the result on stdout and progress on stderr.
#include <bitgate/reporter.hpp>

#include <nlohmann/json.hpp>

#include "progress.hpp"
#include "report.hpp"
#include "style.hpp"
#include "text.hpp"
#include "trend.hpp"

namespace {

using nlohmann::json;

console::Style style_of(const json& stream, bool unicode) {
  const auto columns = std::max<std::size_t>(stream.at("columns").get<std::size_t>(), 40);
  return {stream.at("color").get<bool>(), unicode, columns};
}

class ConsoleReporter : public bitgate::Reporter {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "Tables and progress for people", "trends": true,)"
      R"( "options": {"type": "object", "additionalProperties": false}})";

  ConsoleReporter(bitgate::Host host, std::string_view options)
      : host_(host), progress_({}, false) {
    if (!json::parse(options).empty()) {
      throw bitgate::Error(BG_INVALID_ARGUMENT, "console has no options; take them out");
    }
  }

  void begin(std::string_view plan) override {
    const json terminal = json::parse(plan).at("terminal");
    const bool unicode = terminal.at("unicode").get<bool>();
    out_ = style_of(terminal.at("stdout"), unicode);
    progress_ = console::Progress(style_of(terminal.at("stderr"), unicode),
                                  terminal.at("stderr").at("tty").get<bool>());
  }

  void event(std::string_view event) override {
    write(BG_STDERR, progress_.event(json::parse(event)));
  }

  void finish(std::string_view receipt) override {
    write(BG_STDERR, progress_.clear());
    const auto document = nlohmann::ordered_json::parse(receipt);
    const bool is_trend = document.at("schema") == "bitgate.trend/1";
    write(BG_STDOUT, is_trend ? console::trend(document, out_) : console::report(document, out_));
  }

 private:
  void write(int stream, const std::string& text) const {
    if (text.empty()) return;
    host_.write(stream, console::without_commands(out_.unicode ? text : console::ascii(text)));
  }

  bitgate::Host host_;
  console::Style out_;
  console::Progress progress_;
};

}  // namespace

BITGATE_REPORTER(console, "console", "0.1.0", ConsoleReporter)

// The reporter "exec": any command gets the receipt on its stdin.
#include <bitgate/report_text.hpp>
#include <bitgate/reporter.hpp>

#include <chrono>
#include <string>
#include <system_error>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/command.hpp"

namespace {

using Json = nlohmann::ordered_json;

constexpr int kDefaultSeconds = 30;
constexpr int kMostSeconds = 3600;

/// What a command printed, line by line without what terminals and CI systems act on.
std::string harmless(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string line(text.substr(0, end));
    // Bytes that are no UTF-8 would make the rest of the line unreadable: replaced by parsing as
    // JSON text does.
    line = Json(line).dump(-1, ' ', false, Json::error_handler_t::replace);
    out += bitgate::printable(Json::parse(line).get<std::string>()) + "\n";
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return bitgate::without_commands(out);
}

class ExecReporter : public bitgate::Reporter {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "A command of your own, with the receipt on its stdin", "options": {"type":)"
      R"( "object", "required": ["argv"], "additionalProperties": false, "properties": {"argv":)"
      R"( {"type": "array", "items": {"type": "string"}, "examples": [["cat"]], "description":)"
      R"( "the command and its arguments; no shell reads them"}, "deadline_s": {"type":)"
      R"( "integer", "minimum": 1, "maximum": 3600, "default": 30, "description":)"
      R"( "seconds after which it is killed"}}}})";

  ExecReporter(bitgate::Host host, std::string_view options) : host_(host) {
    const Json given = Json::parse(options);
    for (const auto& [name, value] : given.items()) {
      if (name == "argv") {
        argv_ = argv_of(value);
      } else if (name == "deadline_s") {
        deadline_ = deadline_of(value);
      } else {
        fail("exec: unknown option '" + name + "'; it has: argv, deadline_s");
      }
    }
    if (argv_.empty()) fail("exec: option argv is missing; write options: {argv: [command]}");
  }

  void finish(std::string_view receipt) override {
    const std::string document =
        Json::parse(receipt).dump(2) + "\n";  // as the reporter json has it
    try {
      const command::Result result = command::run(argv_, document, deadline_);
      write(BG_STDOUT, result.out);
      write(BG_STDERR, result.err);
      if (!result.failure.empty()) {
        throw bitgate::Error(BG_UNAVAILABLE, argv_[0] + " " + result.failure);
      }
    } catch (const std::system_error& error) {
      throw bitgate::Error(BG_UNAVAILABLE, argv_[0] +
                                               " can't be started: " + error.code().message() +
                                               "; name a program in PATH or give its path");
    }
  }

 private:
  [[noreturn]] static void fail(const std::string& message) {
    throw bitgate::Error(BG_INVALID_ARGUMENT, message);
  }

  static std::vector<std::string> argv_of(const Json& value) {
    constexpr const char* kWanted =
        "exec: option argv must be a list of texts, the command first: argv: [command, argument]";
    if (!value.is_array()) fail(kWanted);
    std::vector<std::string> argv;
    for (const Json& argument : value) {
      if (!argument.is_string()) fail(kWanted);
      argv.push_back(argument.get<std::string>());
      if (argv.back().find('\0') != std::string::npos) {
        fail("exec: an argument in argv holds a NUL character, which no command can get");
      }
    }
    if (!argv.empty() && argv[0].empty()) fail(kWanted);
    return argv;
  }

  static std::chrono::seconds deadline_of(const Json& value) {
    const bool fits = value.is_number_integer() && value >= 1 && value <= kMostSeconds;
    if (!fits) fail("exec: option deadline_s must be a whole number from 1 to 3600");
    return std::chrono::seconds(value.get<int>());
  }

  void write(int stream, const std::string& text) const {
    if (!text.empty()) host_.write(stream, harmless(text));
  }

  bitgate::Host host_;
  std::vector<std::string> argv_;
  std::chrono::seconds deadline_{kDefaultSeconds};
};

}  // namespace

BITGATE_REPORTER(exec, "exec", "0.1.0", ExecReporter)

// The reporter "json": the receipt as a file.
#include <bitgate/atomic_file.hpp>
#include <bitgate/reporter.hpp>

#include <filesystem>
#include <string>
#include <system_error>

#include <nlohmann/json.hpp>

namespace {

using Json = nlohmann::ordered_json;

class JsonReporter : public bitgate::Reporter {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "The receipt as a JSON file", "options": {"type": "object",)"
      R"( "required": ["path"], "additionalProperties": false, "properties": {"path":)"
      R"( {"type": "string", "minLength": 1, "description": "file to write, or - for stdout"}}}})";

  JsonReporter(bitgate::Host host, std::string_view options) : host_(host) {
    const Json given = Json::parse(options);
    for (const auto& [name, value] : given.items()) {
      if (name != "path") fail("json: unknown option '" + name + "'; it has: path");
      if (!value.is_string()) fail("json: option path must be text");
      path_ = value.get<std::string>();
    }
    if (path_.empty()) fail("json: option path is missing; write options: {path: receipt.json}");
    // Said before the run: after it, the receipt would be lost.
    const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
    std::error_code unknown;
    const auto type = std::filesystem::status(folder, unknown).type();
    const bool is_none =
        type != std::filesystem::file_type::directory && type != std::filesystem::file_type::none;
    if (!folder.empty() && is_none) {
      fail("the receipt can't be written to " + path_ + ": there is no directory " +
           folder.string() + "; create it first");
    }
  }

  /// The file always holds what is known: a run that is killed leaves its last checkpoint, which
  /// says that it was interrupted, and not the receipt of an earlier run.
  void event(std::string_view event) override {
    const Json document = Json::parse(event);
    if (document.at("event") == "checkpoint" && path_ != "-") place(document.at("receipt"));
  }

  void finish(std::string_view receipt) override {
    const Json document = Json::parse(receipt);
    if (path_ == "-") {
      host_.write(BG_STDOUT, text_of(document));
    } else {
      place(document);
    }
  }

 private:
  static std::string text_of(const Json& receipt) { return receipt.dump(2) + "\n"; }

  void place(const Json& receipt) const {
    const std::string text = text_of(receipt);
    try {
      bitgate::write_file_atomically(path_, text);
    } catch (const std::system_error& error) {
      throw bitgate::Error(BG_UNAVAILABLE, "the receipt can't be written to " + path_ + ": " +
                                               error.code().message() + "; " +
                                               remedy(error.code()));
    }
  }

  [[noreturn]] static void fail(const std::string& message) {
    throw bitgate::Error(BG_INVALID_ARGUMENT, message);
  }

  static const char* remedy(const std::error_code& error) {
    if (error == std::errc::is_a_directory) return "name a file in it";
    if (error == std::errc::no_space_on_device) return "make room, or choose another disk";
    return "choose a place that you can write to";
  }

  bitgate::Host host_;
  std::string path_;
};

}  // namespace

BITGATE_REPORTER(json, "json", "0.1.0", JsonReporter)

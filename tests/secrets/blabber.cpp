// A reporter that has a secret and tells it in every way that a reporter can speak. To see that it
// came, and that it went nowhere else, it also says what it could not have been told otherwise.
#include <bitgate/reporter.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include <nlohmann/json.hpp>

namespace {

std::string content(const char* path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Blabber : public bitgate::Reporter {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "Tells its secret", "options": {"type": "object", "additionalProperties": false,)"
      R"( "properties": {"token": {"type": "string", "writeOnly": true}, "by": {"type": "string",)"
      R"( "enum": ["nothing", "write", "log", "error", "crash"]}, "plain": {"type": "string"}}}})";

  Blabber(bitgate::Host host, std::string_view options) : host_(host) {
    const auto given = nlohmann::json::parse(options);
    option_ = given.value("token", "");
    by_ = given.value("by", "nothing");
  }

  void finish(std::string_view /*receipt*/) override {
    const std::string secret = host_.secret(option_);
    const bool elsewhere = content("/proc/self/environ").find(secret) != std::string::npos ||
                           content("/proc/self/cmdline").find(secret) != std::string::npos;
    std::string reversed = secret;
    std::reverse(reversed.begin(), reversed.end());
    host_.write(BG_STDOUT, "option " + option_ + ", backwards " + reversed +
                               (elsewhere ? ", in my surroundings" : "") + "\n");
    if (by_ == "write") host_.write(BG_STDOUT, "it is " + secret + ", " + secret + "\n");
    if (by_ == "log") host_.log(BG_LOG_WARNING, "it is " + secret);
    if (by_ == "error") throw bitgate::Error(BG_UNAVAILABLE, "it is " + secret);
    if (by_ == "crash") {
      std::fprintf(stderr, "it is %s\n", secret.c_str());
      std::fflush(stderr);
      __builtin_trap();
    }
  }

 private:
  bitgate::Host host_;
  std::string option_;
  std::string by_;
};

}  // namespace

BITGATE_REPORTER(blabber, "blabber", "0.1.0", Blabber)

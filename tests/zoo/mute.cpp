// A reporter that never comes back from `finish`.
#include <bitgate/reporter.hpp>

#include <chrono>
#include <string_view>
#include <thread>

namespace {

class Mute : public bitgate::Reporter {
 public:
  static constexpr std::string_view kDescription = R"({"title": "a reporter that hangs"})";

  Mute(bitgate::Host, std::string_view) {}
  void finish(std::string_view) override {
    while (true) std::this_thread::sleep_for(std::chrono::hours(1));
  }
};

}  // namespace

BITGATE_REPORTER(mute, "test.mute", "1.0.0", Mute)

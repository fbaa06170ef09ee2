// A reporter that breaks one rule, the one that its option `does` names, to prove that the kit sees
// it.
#include <bitgate/reporter.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cfenv>
#include <chrono>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;

/// Reads behind the end of the host's table, as a plugin does that knows a later one.
void read_behind(const bitgate::Host& host) {
  const unsigned char* table = nullptr;
  std::memcpy(&table, &host, sizeof(table));
  volatile unsigned char beyond = table[sizeof(bg_host)];
  static_cast<void>(beyond);
}

void leak_memory() {
  constexpr std::size_t kBytes = 1 << 20;
  static std::vector<char*> kept;
  kept.push_back(new char[kBytes]);
  std::memset(kept.back(), 1, kBytes);
}

void leave_child() {
  if (::fork() == 0) {
    while (true) ::pause();
  }
}

void misbehave(const std::string& what, const bitgate::Host& host) {
  if (what == "locale") std::setlocale(LC_ALL, "C.UTF-8");
  if (what == "signals") std::signal(SIGUSR1, SIG_IGN);
  if (what == "directory" && ::chdir("/") != 0) std::abort();
  if (what == "umask") ::umask(0);
  if (what == "environment") ::setenv("RUDE", "yes", 1);
  if (what == "floating-point") std::fesetround(FE_UPWARD);
  if (what == "stdout") std::puts("hello");
  if (what == "descriptor" && ::open("/dev/null", O_RDONLY) < 0) std::abort();
  if (what == "memory") leak_memory();
  if (what == "child") leave_child();
  if (what == "host-table") read_behind(host);
  if (what == "thread") {
    std::thread([] { std::this_thread::sleep_for(std::chrono::hours(1)); }).detach();
  }
  if (what == "limits") {
    const rlimit few{512, 512};
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
}

class Rude : public bitgate::Reporter {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "breaks a rule", "options": {"type": "object", "required": ["does"],)"
      R"( "properties": {"does": {"type": "string", "default": "nothing"}}}})";

  Rude(bitgate::Host host, std::string_view options) : host_(host) {
    const json given = json::parse(options);
    does_ = given.at("does").get<std::string>();
    if (given.size() > 1 && does_ != "ignore-options") {
      throw bitgate::Error(BG_INVALID_ARGUMENT, does_ == "say-nothing" ? "" : "one option only");
    }
    misbehave(does_, host_);
  }

  void finish(std::string_view receipt) override {
    const json parsed = json::parse(receipt);
    if (does_ == "refuse-additions" && parsed.contains("x-added-later")) {
      throw bitgate::Error(BG_INVALID_ARGUMENT, "a member that it does not know");
    }
    if (does_ == "write-document") const_cast<char&>(receipt.front()) = '[';
    if (does_ != "echo") return;
    for (const json& one : parsed.at("cases")) {
      host_.write(BG_STDOUT, one.at("suite").get<std::string>() + "\n");
    }
  }

 private:
  bitgate::Host host_;
  std::string does_;
};

}  // namespace

BITGATE_REPORTER(rude, "test.rude", "1.0.0", Rude)

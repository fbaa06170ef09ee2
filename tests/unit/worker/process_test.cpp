// What workers leave behind in the host, and what the host makes of whatever they send.
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "support/program.hpp"
#include "worker/backend_client.hpp"
#include "worker/process.hpp"
#include "worker/search.hpp"

using namespace bitgate::worker;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

WorkerOptions options() {
  WorkerOptions out;
  out.executable = bitgate::test::bitgate_path();
  return out;
}

/// Opens a zoo device in a worker of its own and makes a tensor there.
void create_on(const std::string& device, const WorkerOptions& with = options()) {
  static const PluginFile zoo = plugin_at(ZOO_PLUGIN, "backend");
  BackendClient client(zoo, json::object(), with);
  client.open_session(device, 1);
  std::uint64_t ns = 0;
  client.create({"f32", 2, 2}, ns);
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

long resident_kib() {
  std::ifstream file("/proc/self/statm");
  long total = 0;
  long resident = 0;
  file >> total >> resident;
  return resident * (::sysconf(_SC_PAGESIZE) / 1024);
}

bool has_children() { return ::waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD; }

}  // namespace

TEST_CASE("a thousand workers that crash leave no process, no descriptor and no memory behind") {
  const auto crash = [] {
    CHECK_THROWS_WITH(create_on("zoo/segfault-in-create"), "SIGSEGV in create");
  };
  for (int i = 0; i < 100; ++i) crash();
  const std::size_t descriptors = open_descriptors();
  const long memory = resident_kib();
  for (int i = 0; i < 1000; ++i) crash();
  CHECK_FALSE(has_children());
  CHECK(open_descriptors() == descriptors);
  if (BITGATE_SANITIZED) {
    WARN("skipped for memory: a sanitizer keeps what is freed");
  } else {
    CHECK(resident_kib() <= memory + 512);
  }
}

TEST_CASE("a healthy worker leaves nothing behind either") {
  create_on("zoo/correct");
  const std::size_t descriptors = open_descriptors();
  for (int i = 0; i < 10; ++i) create_on("zoo/correct");
  CHECK_FALSE(has_children());
  CHECK(open_descriptors() == descriptors);
}

TEST_CASE("a program that is no worker is a fault that says how it ended") {
  WorkerOptions with = options();
  with.executable = "/bin/false";
  CHECK_THROWS_WITH(create_on("zoo/correct", with), Contains("exited with status 1"));
  with.executable = "/nowhere/bitgate";
  CHECK_THROWS_AS(create_on("zoo/correct", with), std::system_error);
  CHECK_FALSE(has_children());
}

TEST_CASE("a worker that can't end by itself is ended, and that is said") {
  WorkerOptions with = options();
  with.step_limit = std::chrono::milliseconds(300);
  std::string logged;
  with.on_log = [&](int, std::string_view text) { logged += text; };
  create_on("zoo/hang-in-close", with);
  CHECK_THAT(logged, Contains("no end of step session_close within 0.3 s"));
  CHECK_FALSE(has_children());
}

TEST_CASE("a plugin that was switched to sloppy arithmetic leaves the host's alone") {
  const auto denormal_survives = [] {
    volatile double tiny = 1e-310;
    tiny = tiny / 2;
    return tiny > 0;
  };
  REQUIRE(denormal_survives());
  WorkerOptions here = options();
  here.isolate = false;
  const PluginFile plugin = plugin_at(ZOO_FAST_MATH, "backend");
  BackendClient client(plugin, json::object(), here);
  CHECK(denormal_survives());
  client.open_session("zoo/correct", 1);
  CHECK(denormal_survives());
}

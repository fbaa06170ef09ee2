// What bitgate itself costs: its start, a worker's start, what the harness adds to a sample, and
// whether isolation changes what is measured. Prints medians with their 95 % intervals.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "measure/statistics.hpp"
#include "worker/backend_client.hpp"
#include "worker/search.hpp"

using namespace bitgate;
using nlohmann::json;

namespace {

using Clock = std::chrono::steady_clock;
using Values = std::vector<double>;

double ns_of(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

void print(const char* what, const Values& values, double unit, const char* name) {
  const Interval interval = median_interval(values);
  fmt::print("{:<44} {:9.3f} {}   [{:.3f}, {:.3f}]\n", what, median(values) / unit, name,
             interval.low / unit, interval.high / unit);
}

void start_program() {
  std::string path = BITGATE_EXECUTABLE;
  std::string argument = "--version";
  char* const argv[] = {path.data(), argument.data(), nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", 1, 0);
  pid_t pid = -1;
  if (::posix_spawn(&pid, path.c_str(), &actions, nullptr, argv, environ) == 0) {
    ::waitpid(pid, nullptr, 0);
  }
  ::posix_spawn_file_actions_destroy(&actions);
}

worker::WorkerOptions options(bool isolate) {
  worker::WorkerOptions out;
  out.executable = BITGATE_EXECUTABLE;
  out.isolate = isolate;
  return out;
}

/// A matmul of small ternary weights, prepared on a device.
class Prepared {
 public:
  Prepared(const char* plugin, const std::string& device, bool isolate)
      : client_(worker::plugin_at(plugin, "backend"), json::object(), options(isolate)) {
    client_.open_session(device.empty() ? client_.devices().front().id : device, 1);
    const auto make = [&](const char* format, std::uint64_t rows, std::uint64_t cols) {
      std::uint64_t ns = 0;
      return client_.create({format, rows, cols}, ns);
    };
    const worker::SharedMemory zeros(kRows * kCols * 4, "bench");
    const worker::Region region = client_.attach(zeros);
    const worker::TensorRef source = make("f32", kRows, kCols);
    client_.write(source, region, kRows * kCols * 4);
    const worker::TensorRef weights = make("i2_s", kRows, kCols);
    const worker::TensorRef x = make("i8", 1, kCols);
    client_.write(x, region, kCols + 4);
    const worker::TensorRef y = make("i32", 1, kRows);
    std::uint64_t ns = 0;
    const std::uint64_t quantize =
        client_.prepare({{"quantize", {source}, {weights}, {{"rounding", "absmean"}}}}, ns);
    client_.sample({{quantize}}, 0, 1, 1);
    program_ = client_.prepare({{"matmul", {weights, x}, {y}, {}}}, ns);
  }

  Values sample(std::uint64_t samples, std::uint64_t repeat) {
    const auto times = client_.sample({{program_}}, 0, samples, repeat);
    Values each;
    for (const std::uint64_t time : times) {
      each.push_back(static_cast<double>(time) / static_cast<double>(repeat));
    }
    return each;
  }

 private:
  static constexpr std::uint64_t kRows = 640;
  static constexpr std::uint64_t kCols = 2560;

  worker::BackendClient client_;
  std::uint64_t program_ = 0;
};

void append(Values& to, const Values& from) { to.insert(to.end(), from.begin(), from.end()); }

}  // namespace

int main() {
  Values version;
  for (int i = 0; i < 50; ++i) version.push_back(ns_of(start_program));
  print("bitgate --version", version, 1e6, "ms");

  Values start;
  const worker::PluginFile zoo = worker::plugin_at(ZOO_PLUGIN, "backend");
  for (int i = 0; i < 50; ++i) {
    std::unique_ptr<worker::BackendClient> client;
    start.push_back(ns_of([&] {
      client = std::make_unique<worker::BackendClient>(zoo, json::object(), options(true));
    }));
  }
  print("a worker, from nothing to an open plugin", start, 1e6, "ms");

  Prepared idle(ZOO_PLUGIN, "zoo/idle", true);
  print("a sample of a program that does nothing", idle.sample(10000, 1), 1, "ns");

  Prepared apart(CPU_PLUGIN, "", true);
  Prepared here(CPU_PLUGIN, "", false);
  Values with;
  Values without;
  for (int round = 0; round < 20; ++round) {
    append(with, apart.sample(5, 200));
    append(without, here.sample(5, 200));
  }
  print("a 640x2560 product, --isolate=process", with, 1e3, "us");
  print("the same, --isolate=none", without, 1e3, "us");
  return 0;
}

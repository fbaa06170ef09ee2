// What a check works with: the plugin, fresh workers to try it in, and a place for what it finds.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "conform/check.hpp"
#include "worker/backend_client.hpp"
#include "worker/search.hpp"
#include "worker/worker.hpp"

namespace bitgate::conform {

/// The same for all checks of a plugin.
struct Setting {
  worker::PluginFile plugin;
  nlohmann::json options = nlohmann::json::object();
  std::vector<worker::DeviceInfo> devices;  ///< those to check; run_checks fills it
  std::uint64_t seed = 1;
  std::chrono::nanoseconds fuzz{0};  ///< of each device
  std::chrono::nanoseconds step_limit = std::chrono::seconds(60);
  std::string scratch;  ///< an empty directory for files that plugins write
};

/// Ends a check that can't be carried out here; what() is the reason.
class Skipped : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Bench {
 public:
  Bench(const Setting& setting, std::string device, std::uint32_t units)
      : setting_(setting), device_(std::move(device)), units_(units) {}

  [[nodiscard]] const Setting& setting() const { return setting_; }
  [[nodiscard]] const std::string& device() const { return device_; }
  /// Threads that a session on the device can have.
  [[nodiscard]] std::uint32_t units() const { return units_; }

  void fail(const std::string& text, const std::string& token = {});
  void warn(const std::string& text);
  [[noreturn]] static void skip(const std::string& reason) { throw Skipped(reason); }
  /// More than enough to show that something is wrong: a check may end.
  [[nodiscard]] bool enough() const { return findings_.size() >= 10; }

  /// Names the case that is about to run, should the worker die in it; empty: none.
  void about_to_run(const std::string& token) { in_flight_ = token; }
  [[nodiscard]] const std::string& in_flight() const { return in_flight_; }

  [[nodiscard]] std::vector<Finding>& findings() { return findings_; }

  /// A new worker, without the plugin.
  std::unique_ptr<worker::Worker> worker();
  /// One with the plugin opened, shown a host table of this size (see HostSize). Throws as
  /// Worker::call does, and Skipped if the plugin says that it is unavailable here.
  std::unique_ptr<worker::Worker> opened(const char* host = "own");
  /// The backend opened, with a session of one thread on the device. Throws as `opened`.
  worker::BackendClient backend();
  /// What reporters wrote to the run's stdout and stderr so far.
  [[nodiscard]] const std::string& written() const { return written_; }

 private:
  const Setting& setting_;
  std::string device_;
  std::uint32_t units_;
  std::string in_flight_;
  std::string written_;
  std::vector<Finding> findings_;
};

/// Reports to the bench if a refusal has no message that people can read, or blames the plugin
/// itself.
void examine_refusal(Bench& bench, const std::string& what, const worker::PluginError& refusal);

/// Carries out a request that the plugin has to refuse, in good form.
template <class Request>
void expect_refusal(Bench& bench, const std::string& what, Request&& request) {
  try {
    request();
  } catch (const worker::PluginError& refusal) {
    examine_refusal(bench, what, refusal);
    return;
  }
  bench.fail(what + " was accepted");
}

}  // namespace bitgate::conform

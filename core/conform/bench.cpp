#include "conform/bench.hpp"

#include <bitgate/abi.h>

#include <utility>

#include <fmt/format.h>

#include "worker/plugin_tables.hpp"

namespace bitgate::conform {
namespace {

constexpr std::size_t kMostWritten = 16U << 20;

/// What is not on this machine can't be checked on it.
template <class Open>
void skipping_unavailable(const Open& open) {
  try {
    open();
  } catch (const worker::PluginError& error) {
    if (error.status() == BG_UNAVAILABLE) Bench::skip(error.what());
    throw;
  }
}

}  // namespace

void Bench::fail(const std::string& text, const std::string& token) {
  findings_.push_back({Status::kFail, text, token});
}

void Bench::warn(const std::string& text) { findings_.push_back({Status::kWarn, text, {}}); }

std::unique_ptr<worker::Worker> Bench::worker() {
  worker::WorkerOptions options;
  options.step_limit = setting_.step_limit;
  options.leave_directory = false;  // the kit works in its scratch directory, so plugins do too
  options.on_write = [this](int, std::string_view text) {
    if (written_.size() < kMostWritten) written_ += text;
  };
  return worker::start_worker(options);
}

std::unique_ptr<worker::Worker> Bench::opened(const char* host) {
  std::unique_ptr<worker::Worker> fresh = worker();
  nlohmann::json request = worker::open_request(setting_.plugin, setting_.options);
  request["host"] = host;
  skipping_unavailable([&] { fresh->call(request); });
  return fresh;
}

worker::BackendClient Bench::backend() {
  worker::BackendClient client(opened());
  skipping_unavailable([&] { client.open_session(device_, 1); });
  return client;
}

void examine_refusal(Bench& bench, const std::string& what, const worker::PluginError& refusal) {
  if (refusal.message() == worker::kNoMessage || refusal.message().empty()) {
    bench.fail(fmt::format("{} was refused without a message", what));
  } else if (refusal.message().find("\xEF\xBF\xBD") != std::string::npos) {
    bench.fail(fmt::format("{} was refused with a message that is no UTF-8", what));
  }
  if (worker::status_word(refusal.status()) == "an unknown status") {
    bench.fail(fmt::format("{} was refused with status {}, which abi.h does not have", what,
                           refusal.status()));
  } else if (refusal.status() == BG_INTERNAL) {
    bench.warn(
        fmt::format("{} was refused as INTERNAL ({}): that is for the plugin's own bugs, use "
                    "INVALID_ARGUMENT or UNSUPPORTED",
                    what, refusal.message()));
  }
}

}  // namespace bitgate::conform

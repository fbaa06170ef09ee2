// A page that a worker and its host share: which step of the plugin's the worker is in, so that a
// crash or a hang can be named after the fact, and whether the host wants it to stop.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace bitgate::worker {

enum class Step : std::uint32_t {
  kIdle,
  kLoad,
  kOpen,
  kDeviceInfo,
  kSessionOpen,
  kSessionClose,
  kSupports,
  kCreate,
  kDestroy,
  kWrite,
  kRead,
  kPrepare,
  kRun,
  kSynchronize,
  kBegin,
  kEvent,
  kFinish,
  kClose,
  kDescribe,
  kDeviceTimer,
  kFootprint,
};

inline constexpr std::array<std::string_view, 21> kStepNames = {
    "idle",   "load",    "open",   "device_info", "session_open", "session_close", "supports",
    "create", "destroy", "write",  "read",        "prepare",      "run",           "synchronize",
    "begin",  "event",   "finish", "close",       "describe",     "device_timer",  "footprint"};

struct Breadcrumb {
  std::atomic<std::uint32_t> step{0};       ///< Step; written by the worker before each plugin call
  std::atomic<std::uint32_t> cancelled{0};  ///< written by the host
  std::atomic<std::uint64_t> count{0};      ///< plugin calls so far: progress, for the deadline

  void enter(Step next) {
    step.store(static_cast<std::uint32_t>(next), std::memory_order_relaxed);
    // One writer: a plain increment costs less than an atomic one and is as visible.
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  /// The name of the current step. The page is writable by the plugin, so nothing in it is trusted.
  [[nodiscard]] std::string_view name() const {
    const std::uint32_t value = step.load(std::memory_order_relaxed);
    return value < kStepNames.size() ? kStepNames[value] : std::string_view("an unknown step");
  }
};

}  // namespace bitgate::worker

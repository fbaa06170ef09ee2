#include "run/worker_setup.hpp"

#include <algorithm>
#include <cstdio>

#include <spdlog/spdlog.h>

namespace bitgate {

worker::WorkerOptions worker_setup(const Limits& limits, bool isolate) {
  worker::WorkerOptions out;
  out.isolate = isolate;
  out.step_limit = limits.step;
  out.memory = limits.memory;
  out.on_log = [](int level, std::string_view text) {
    constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info,
                                                     spdlog::level::warn, spdlog::level::err};
    spdlog::log(kLevels[std::clamp(level, 0, 3)], "plugin: {}", text);
  };
  out.on_write = [](int stream, std::string_view text) {
    std::FILE* file = stream == 1 ? stdout : stderr;
    std::fwrite(text.data(), 1, text.size(), file);
    std::fflush(file);
  };
  return out;
}

}  // namespace bitgate

#include "run/worker_setup.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <system_error>

#include <spdlog/spdlog.h>

#include "base/file.hpp"

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
    const bool to_stdout = stream == 1;
    std::fflush(to_stdout ? stdout : stderr);
    try {
      write_all(to_stdout ? STDOUT_FILENO : STDERR_FILENO, text);
    } catch (const std::system_error& error) {
      // Of a stderr that can't be written to there is no way to complain.
      if (!to_stdout) return;
      throw std::runtime_error("stdout can't be written to: " + error.code().message());
    }
  };
  return out;
}

}  // namespace bitgate

// bitgate: measures 1.58-bit inference and decides whether a change may pass.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "base/text.hpp"
#include "base/version.hpp"
#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "pipeline/diagnostics.hpp"
#include "receipt/receipt.hpp"
#include "worker/worker_main.hpp"

namespace bitgate::cli {
namespace {

struct Command {
  std::string_view name;
  std::string_view summary;
  int (*call)(const Arguments&);
};

constexpr std::array<Command, 15> kCommands = {{
    {"run", "run a pipeline, judge it, report it", run},
    {"compare", "compare two backends in turns", compare},
    {"report", "report a stored receipt again", report},
    {"verify", "derive a receipt's verdict from its samples again", verify},
    {"merge", "make one receipt of those of parts of a pipeline", merge},
    {"baseline", "keep receipts, and show how numbers moved since", baseline},
    {"plan", "show what a run would do", plan},
    {"list", "print the ids of a pipeline's cases", list},
    {"validate", "check pipeline files", validate},
    {"selftest", "prove on this machine that a gate can fail", selftest},
    {"doctor", "check this machine and installation", doctor},
    {"plugin", "list plugins, check them, write new ones", plugin},
    {"model", "show what a model file holds", model},
    {"repro", "run one case that `plugin check` found again", repro},
    {"schema", "print the JSON Schema of pipelines", schema},
}};

void print_help(std::FILE* out) {
  fmt::print(out,
             "bitgate {}: measures 1.58-bit inference and decides whether a change may pass\n\n"
             "usage: bitgate COMMAND [arguments]\n\n",
             tool_version());
  for (const Command& command : kCommands) {
    fmt::print(out, "  {:<10} {}\n", command.name, command.summary);
  }
  fmt::print(out,
             "\n`bitgate COMMAND --help` shows a command's options. Exit codes: 0 pass, 1 fail, "
             "2 usage or\nconfiguration, 3 inconclusive, 4 tooling or plugin fault, 5 nothing was "
             "measured.\n");
}

int exit_code(ExitCode code) { return static_cast<int>(code); }

int unknown(std::string_view name) {
  std::vector<std::string> names;
  for (const Command& command : kCommands) names.emplace_back(command.name);
  fmt::print(stderr, "bitgate: no command '{}'{}; see bitgate --help\n", name,
             did_you_mean(name, names));
  return exit_code(ExitCode::kUsage);
}

int dispatch(const Arguments& arguments) {
  if (arguments.empty()) {
    print_help(stderr);
    return exit_code(ExitCode::kUsage);
  }
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h" || name == "help") {
    print_help(stdout);
    return 0;
  }
  if (name == "--version" || name == "version") {
    fmt::print("bitgate {} ({}; {})\n", tool_version(), tool_git(), tool_build());
    return 0;
  }
  const auto* command = std::find_if(kCommands.begin(), kCommands.end(),
                                     [&](const Command& known) { return known.name == name; });
  if (command == kCommands.end()) return unknown(name);
  return command->call({arguments.begin() + 1, arguments.end()});
}

int guarded(const Arguments& arguments) {
  try {
    return dispatch(arguments);
  } catch (const ConfigError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return exit_code(ExitCode::kUsage);
  } catch (const UsageError& error) {
    fmt::print(stderr, "bitgate {}: {}\n", arguments.front(), error.what());
    return exit_code(ExitCode::kUsage);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bitgate: {}\n", error.what());
    return exit_code(ExitCode::kFault);
  }
}

/// Standard streams that were closed become ones that fail: else the first file to be opened would
/// take their place and be written into.
void hold_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    if (::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) std::abort();
  }
}

/// What stands in buffers may fail to be written as well.
int flushed(int code) {
  if (std::fflush(stdout) == 0 || code != 0) return code;
  fmt::print(stderr, "bitgate: stdout can't be written to: {}\n", std::strerror(errno));
  return exit_code(ExitCode::kFault);
}

}  // namespace
}  // namespace bitgate::cli

int main(int argc, char** argv) {
  bitgate::cli::hold_standard_streams();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments.front() == bitgate::worker::kWorkerArgument) {
    return bitgate::worker::worker_main();
  }
  spdlog::set_default_logger(spdlog::stderr_color_mt("bitgate"));
  spdlog::set_pattern("%n: %^%l%$: %v");
  spdlog::set_level(spdlog::level::warn);
  return bitgate::cli::flushed(bitgate::cli::guarded(arguments));
}

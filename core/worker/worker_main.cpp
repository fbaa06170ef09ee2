#include "worker/worker_main.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "worker/frame.hpp"
#include "worker/servant.hpp"

namespace bitgate::worker {
namespace {

using nlohmann::json;

constexpr std::size_t kLogBytes = 16U << 10;
constexpr std::size_t kWriteBytes = 1U << 20;  // of one frame; escaped, they still fit into it

/// Frames to the host, whole ones: plugins log from any thread. Upcalls come from a plugin's C
/// frames, so they throw nothing: once the host is gone there is nobody to tell.
class Line : public Upcalls {
 public:
  void send(const json& frame) {
    const std::lock_guard lock(mutex_);
    send_frame(kSocketFd, frame);
  }
  void log(int level, std::string_view text) override {
    try_send("log", {{"level", level}, {"text", utf8_prefix(text, kLogBytes)}});
  }
  void write(int stream, std::string_view text) override {
    while (!text.empty()) {
      const std::string_view piece = utf8_prefix(text, kWriteBytes);
      try_send("write", {{"stream", stream}, {"text", piece}});
      text.remove_prefix(piece.size());
    }
  }

 private:
  void try_send(const char* what, const json& content) noexcept {
    try {
      send({{what, content}});
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): see above
    }
  }

  std::mutex mutex_;
};

/// The worker's own limits, before any code of the plugin's runs.
void confine(const json& hello) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The host may have died before the line above took effect.
  if (::getppid() != hello.at("host_pid").get<pid_t>()) ::_exit(1);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
#if !BITGATE_SANITIZED  // sanitizers reserve more address space than any limit allows
  // RLIMIT_DATA and not RLIMIT_AS: GPU drivers reserve huge address ranges that they never use.
  const auto memory = hello.at("memory").get<rlim_t>();
  const rlimit data{memory, memory};
  ::setrlimit(RLIMIT_DATA, &data);
#endif
  if (hello.at("leave_directory").get<bool>() && ::chdir("/") != 0) ::_exit(1);
}

/// The next frame; false at the end of the stream.
bool receive(FrameReader& reader, FrameReader::Frame& frame) {
  while (true) {
    if (auto taken = reader.take()) {
      frame = std::move(*taken);
      return true;
    }
    if (!reader.read_some(kSocketFd)) return false;
  }
}

}  // namespace

int worker_main() {
  try {
    const SharedMemory page(Fd(kBreadcrumbFd), sizeof(Breadcrumb));
    auto& breadcrumb = *reinterpret_cast<Breadcrumb*>(page.bytes().data());
    FrameReader reader;
    FrameReader::Frame frame;
    if (!receive(reader, frame)) return 0;
    confine(frame.json);
    Line line;
    Servant servant(breadcrumb, line);
    while (receive(reader, frame)) line.send(servant.answer(frame.json, std::move(frame.fd)));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "worker: %s\n", error.what());
    return 1;
  }
}

}  // namespace bitgate::worker

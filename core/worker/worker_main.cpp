#include "worker/worker_main.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>

#include "worker/frame.hpp"
#include "worker/servant.hpp"

namespace bitgate::worker {
namespace {

using nlohmann::json;

class SocketUpcalls : public Upcalls {
 public:
  void log(int level, std::string_view text) override {
    send_frame(kSocketFd, {{"log", {{"level", level}, {"text", text}}}});
  }
  void write(int stream, std::string_view text) override {
    send_frame(kSocketFd, {{"write", {{"stream", stream}, {"text", text}}}});
  }
};

/// The worker's own limits, before any code of the plugin's runs.
void confine(const json& hello) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The host may have died before the line above took effect.
  if (::getppid() != hello.at("host_pid").get<pid_t>()) ::_exit(1);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
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
    SocketUpcalls upcalls;
    Servant servant(breadcrumb, upcalls);
    while (receive(reader, frame)) {
      send_frame(kSocketFd, servant.answer(frame.json, std::move(frame.fd)));
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "worker: %s\n", error.what());
    return 1;
  }
}

}  // namespace bitgate::worker

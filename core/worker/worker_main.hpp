// The process in which one plugin lives.
#pragma once

namespace bitgate::worker {

/// The hidden first argument that turns the program into a worker.
inline constexpr const char* kWorkerArgument = "--worker-process";

/// Descriptors that the host hands to a worker.
inline constexpr int kSocketFd = 3;
inline constexpr int kBreadcrumbFd = 4;

/// Serves the host on kSocketFd until it hangs up; returns the exit code.
int worker_main();

}  // namespace bitgate::worker
